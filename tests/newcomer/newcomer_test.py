"""What a newcomer does wrong, through every command that takes such a file: newcomer_test.py PROGRAM FOUNDATION.

Velocities in km/s, transposed axes, another time step, an adapter of another network, a path that is not there. Each must
end with the status of its kind and one line on standard error that says what to do, and leave nothing behind; a time
step can be put right by an option, and what is refused because its result would be worthless can be insisted on.
"""

import array
import pathlib
import subprocess
import sys
import tempfile

INPUT, FILE_SYSTEM, MISMATCH = 3, 4, 5
SHOTS, SAMPLES, RECEIVERS, CELLS = 5, 1000, 70, 70
EXAMPLES = 3


def write_npy(path: pathlib.Path, values: array.array, shape: tuple[int, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + values.tobytes())


def read_npy(path: pathlib.Path) -> array.array:
    content = path.read_bytes()
    values = array.array("f")
    values.frombytes(content[10 + int.from_bytes(content[8:10], "little"):])
    return values


class Newcomer:
    def __init__(self, program: str, foundation: str, folder: pathlib.Path) -> None:
        self.program = program
        self.network = foundation
        self.folder = folder
        self.failures: list[str] = []
        self.tried = 0
        self.succeed("generate", "--family", "flatvel-a", "--count", EXAMPLES, "--seed", 5, "--output", folder / "area")
        self.velocity = read_npy(folder / "area/model1.npy")
        self.gathers = read_npy(folder / "area/data1.npy")
        self.maps = folder / "area/model1.npy"

    def run(self, *command: object) -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *map(str, command)], capture_output=True, text=True, check=False)

    def succeed(self, *command: object) -> None:
        self.tried += 1
        result = self.run(*command)
        if result.returncode != 0:
            self.failures.append(f"{' '.join(map(str, command))}: status {result.returncode}: {result.stderr}")

    def tell(self, mentioned: str, *command: object) -> None:
        """Expects success and an output that mentions something."""
        self.tried += 1
        result = self.run(*command)
        if result.returncode != 0 or mentioned not in result.stdout:
            self.failures.append(f"{' '.join(map(str, command))}: expected '{mentioned}': {result.stdout}{result.stderr}")

    def refuse(self, status: int, mentioned: str, *command: object) -> None:
        """Expects the status and one line that mentions something."""
        self.tried += 1
        before = sorted(self.folder.rglob("*"))
        result = self.run(*command)
        lines = result.stderr.splitlines()
        for holds, fault in ((result.returncode == status, f"expected status {status}, found {result.returncode}"),
                             (len(lines) == 1 and lines[0].startswith("error: "), "expected one line"),
                             (mentioned in result.stderr, f"expected '{mentioned}'"),
                             (result.stdout == "", "expected nothing on standard output"),
                             (sorted(self.folder.rglob("*")) == before, "something was left behind")):
            if not holds:
                self.failures.append(f"{' '.join(map(str, command))}: {fault}: {result.stderr}")

    def dataset(self, name: str, gathers: array.array, shape: tuple[int, ...], velocity: array.array) -> pathlib.Path:
        write_npy(self.folder / name / "data1.npy", gathers, shape)
        write_npy(self.folder / name / "model1.npy", velocity, (EXAMPLES, 1, CELLS, CELLS))
        return self.folder / name

    def learn(self, data: pathlib.Path, output: str) -> tuple[tuple[object, ...], ...]:
        """The commands that take a dataset with a network that is there already."""
        length = ("--steps", 1, "--batch-size", 2)
        return (("evaluate", "--network", self.network, "--data", data),
                ("finetune", "--base", self.network, "--data", data, *length, "--output", self.folder / output),
                ("pretrain", "--initial", self.network, "--data", data, *length, "--output",
                 self.folder / f"{output}.safetensors"))

    def predict(self, data: pathlib.Path) -> tuple[object, ...]:
        return "invert", "--network", self.network, "--data", data, "--output", self.folder / "out.npy"

    def refine(self, data: pathlib.Path, initial: pathlib.Path) -> tuple[object, ...]:
        return ("refine", "--data", data, "--initial", initial, "--gradients", 1, "--pml", 20, "--fastest", 4500,
                "--output", self.folder / "out.npy")

    def adapt(self, data: pathlib.Path) -> tuple[object, ...]:
        return ("adapt", "--network", self.network, "--data", data, "--gradients", 2, "--pml", 20, "--fastest", 4500,
                "--each-gather", "--maps", self.folder / "out.npy")

    def kilometres_per_second(self) -> None:
        velocity = array.array("f", (value / 1000.0 for value in self.velocity))
        data = self.dataset("kms", self.gathers, (EXAMPLES, SHOTS, SAMPLES, RECEIVERS), velocity)
        maps = data / "model1.npy"
        out = ("--output", self.folder / "out.npy")
        hint = "multiply by 1000"
        self.tell(hint, "info", maps)
        self.refuse(INPUT, hint, "forward", "--velocity", maps, *out)
        self.refuse(INPUT, hint, "born", "--velocity", maps, "--change", maps, *out)
        self.refuse(INPUT, hint, *self.refine(data / "data1.npy", maps))
        self.refuse(INPUT, hint, *self.refine(data / "data1.npy", self.maps), "--truth", maps)
        self.refuse(INPUT, hint, *self.predict(data / "data1.npy"), "--truth", maps, "--figures", self.folder / "f")
        self.refuse(INPUT, hint, *self.adapt(data / "data1.npy"), "--truth", maps)
        for command in self.learn(data, "out"):
            self.refuse(INPUT, hint, *command)
        self.refuse(INPUT, hint, "pretrain", "--data", data, "--steps", 1, "--output", self.folder / "out")
        self.refuse(INPUT, hint, "cache", "--data", data, "--decimation", 5, "--output", self.folder / "out")
        self.succeed("forward", "--velocity", maps, "--accept-mismatch", "--samples", 10, *out)
        (self.folder / "out.npy").unlink()

    def transposed_axes(self) -> None:
        def transposed(order: tuple[int, int, int]) -> tuple[array.array, tuple[int, ...]]:
            extents = (SHOTS, SAMPLES, RECEIVERS)
            strides = (SAMPLES * RECEIVERS, RECEIVERS, 1)
            values = array.array("f")
            for example in range(EXAMPLES):
                start = example * SHOTS * SAMPLES * RECEIVERS
                for i in range(extents[order[0]]):
                    for j in range(extents[order[1]]):
                        first = start + i * strides[order[0]] + j * strides[order[1]]
                        step = strides[order[2]]
                        values.extend(self.gathers[first:first + extents[order[2]] * step:step])
            return values, (EXAMPLES, *(extents[axis] for axis in order))

        for name, order, looks in (("rts", (2, 1, 0), "[N, receivers, time samples, shots]"),
                                   ("srt", (0, 2, 1), "[N, shots, receivers, time samples]")):
            data = self.dataset(name, *transposed(order), self.velocity)
            self.tell(f"axes look like {looks}", "info", data / "data1.npy")
            hint = f"its axes look like {looks}"
            self.refuse(MISMATCH, hint, *self.predict(data / "data1.npy"))
            self.refuse(MISMATCH, hint, *self.refine(data / "data1.npy", self.maps))
            self.refuse(MISMATCH, hint, *self.adapt(data / "data1.npy"))
            for command in self.learn(data, "out"):
                self.refuse(MISMATCH, hint, *command)
            self.refuse(MISMATCH, hint, "pretrain", "--data", data, "--steps", 1, "--output", self.folder / "out")

    def another_time_step(self) -> None:
        # The second, fourth and so on of every trace: recorded every 2 ms.
        coarse = array.array("f")
        for row in range(1, EXAMPLES * SHOTS * SAMPLES, 2):
            coarse.extend(self.gathers[row * RECEIVERS:(row + 1) * RECEIVERS])
        data = self.dataset("coarse", coarse, (EXAMPLES, SHOTS, SAMPLES // 2, RECEIVERS), self.velocity)
        known = self.dataset("known", coarse, (EXAMPLES, SHOTS, SAMPLES // 2, RECEIVERS), self.velocity)
        info = (self.folder / "area/dataset.json").read_text(encoding="utf-8")
        told = info.replace('"sample_interval": 0.001', '"sample_interval": 0.002')
        if told == info:
            self.failures.append("dataset.json does not tell the sample interval")
        (known / "dataset.json").write_text(told, encoding="utf-8")
        for folder, hint in ((data, "--sample-interval resamples"), (known, "--sample-interval 0.002 resamples")):
            self.refuse(MISMATCH, hint, *self.predict(folder / "data1.npy"))
            for command in self.learn(folder, "out"):
                self.refuse(MISMATCH, hint, *command)
        for command in (self.refine(data / "data1.npy", self.maps), self.adapt(data / "data1.npy")):
            self.refuse(MISMATCH, "--sample-interval resamples", *command)
        for way in (("--sample-interval", 0.002), ("--accept-mismatch",)):
            for command in (self.predict(data / "data1.npy"), *self.learn(known, f"learned{way[0]}"),
                            self.refine(data / "data1.npy", self.maps), self.adapt(data / "data1.npy")):
                self.succeed(*command, *way, "--force")
            (self.folder / "out.npy").unlink(missing_ok=True)

    def reversed_polarity(self) -> None:
        data = self.dataset("reversed", array.array("f", (-value for value in self.gathers)),
                            (EXAMPLES, SHOTS, SAMPLES, RECEIVERS), self.velocity)
        hint = "multiply the gathers by -1"
        self.refuse(MISMATCH, hint, *self.predict(data / "data1.npy"))
        self.refuse(MISMATCH, hint, *self.refine(data / "data1.npy", self.maps))
        self.refuse(MISMATCH, hint, *self.adapt(data / "data1.npy"))
        for command in self.learn(data, "out"):
            self.refuse(MISMATCH, hint, *command)

    def foreign_adapter(self) -> None:
        area = self.folder / "area"
        other = self.folder / "other.safetensors"
        adapter = self.folder / "foreign"
        self.succeed("pretrain", "--data", area, "--backbone-options", '{"width": 8, "features": 32, "mixers": 1}',
                     "--steps", 1, "--batch-size", 2, "--output", other)
        self.succeed("finetune", "--base", other, "--data", area, "--steps", 1, "--batch-size", 2, "--output", adapter)
        hint = "choose the network that it was made for"
        self.refuse(MISMATCH, hint, *self.predict(area / "data1.npy"), "--adapter", adapter)
        self.refuse(MISMATCH, hint, "evaluate", "--network", self.network, "--data", area, "--adapter", adapter)
        self.refuse(MISMATCH, hint, *self.adapt(area / "data1.npy"), "--adapter", adapter)
        network = ("--network", self.network, "--output", self.folder / "out")
        self.refuse(MISMATCH, hint, "adapter", "merge", "--adapter", adapter, *network)
        self.refuse(MISMATCH, hint, "adapter", "combine", adapter, *network)
        self.refuse(MISMATCH, hint, "adapter", "convert", adapter, *network)

    def missing_path(self) -> None:
        gone = self.folder / "gone"
        area = self.folder / "area"
        out = ("--output", self.folder / "out.npy")
        for command in (("forward", "--velocity", gone, *out), ("forward", "--velocity", self.maps, "--output", gone / "x"),
                        ("born", "--velocity", self.maps, "--change", gone, *out),
                        self.predict(gone), (*self.predict(area / "data1.npy"), "--adapter", gone),
                        ("invert", "--network", gone, "--data", area / "data1.npy", *out),
                        self.adapt(gone), (*self.adapt(area / "data1.npy"), "--adapter", gone),
                        self.refine(gone, self.maps), self.refine(area / "data1.npy", gone), *self.learn(gone, "out"),
                        ("evaluate", "--network", self.network, "--data", area, "--adapter", gone),
                        ("finetune", "--base", gone, "--data", area, "--output", self.folder / "out"),
                        ("cache", "--data", gone, "--output", self.folder / "out"), ("info", gone),
                        ("adapter", "list", gone), ("adapter", "info", gone),
                        ("adapter", "merge", "--network", self.network, "--adapter", gone, *out),
                        ("adapter", "unmerge", "--network", gone, *out),
                        ("study", "--config", gone, "--output", self.folder / "out")):
            self.refuse(FILE_SYSTEM, str(gone), *command)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        newcomer = Newcomer(sys.argv[1], sys.argv[2], pathlib.Path(folder))
        for mistake in (newcomer.kilometres_per_second, newcomer.transposed_axes, newcomer.another_time_step,
                        newcomer.reversed_polarity, newcomer.foreign_adapter, newcomer.missing_path):
            mistake()
        for failure in newcomer.failures:
            print(failure, file=sys.stderr)
        print(f"{newcomer.tried} commands, {len(newcomer.failures)} faults")
        return 1 if newcomer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
