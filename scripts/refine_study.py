#!/usr/bin/env python3
"""How far `strataform refine` gets from four kinds of models to start from: `make refine-study`.

Ten unseen maps of each family and, where their file is, the four windows of Marmousi. Everything is kept in the work
folder; the same command goes on where an earlier one stopped. The last thing that it writes is <work>/results.txt."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEED = 1002  # of the maps; the foundation was trained on others
REFINE = ["--optimizer", "newton", "--frequencies", "8,0", "--gradients", "100", "--storage", "every-nth-step"]
# The gathers have OpenFWI's sponge, as in the training. Refinement models with 20 cells of a perfectly matched layer,
# which takes a third of the time and allows velocities up to 4500 m/s: what made the data is not what fits them.
LAYER = ["--pml", "20", "--fastest", "4500"]
NOISE_DB = 10.0
STARTS = ("foundation", "noisy", "linear", "blurred")


class Study:
    def __init__(self, arguments: argparse.Namespace):
        self.program = arguments.program
        self.network = arguments.network
        self.marmousi = arguments.marmousi
        self.count = arguments.count
        self.work = arguments.work
        self.work.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> pathlib.Path:
        return self.work / name

    def run(self, *command: object) -> None:
        with open(self.path("log.txt"), "a", encoding="utf-8") as log:
            subprocess.run([str(self.program), *map(str, command)], check=True, stdout=log, stderr=log)

    def make(self, name: str, *command: object) -> np.ndarray:
        """The array that a command writes with --output, computed once."""
        if not self.path(name).exists():
            self.run(*command, "--output", self.path(name))
        return np.load(self.path(name))

    def save(self, name: str, values: np.ndarray) -> np.ndarray:
        if not self.path(name).exists():
            partial = self.path(name).with_suffix(".part.npy")
            np.save(partial, values.astype(np.float32))
            os.replace(partial, self.path(name))
        return np.load(self.path(name))

    def truth(self) -> tuple[np.ndarray, list[str]]:
        """All maps, [N, 70, 70], and the family of each."""
        self.run("generate", "--family", "all", "--count", self.count, "--seed", SEED, "--velocity-only", "--output",
                 self.path("maps"))
        maps, names = [], []
        for folder in sorted(self.path("maps").iterdir()):
            for file in sorted([*folder.glob("model*.npy"), *folder.glob("vel*.npy")]):
                maps.append(np.load(file)[:, 0])
                names += [folder.name] * len(maps[-1])
        if self.marmousi.exists():
            windows = np.load(self.marmousi)[:4, 0]  # the other two are layers
            maps.append(windows)
            names += ["marmousi"] * len(windows)
        else:
            print(f"Marmousi: left out, {self.marmousi} is absent")
        return self.save("truth.npy", np.concatenate(maps)), names

    def prepare(self) -> list[str]:
        truth, names = self.truth()
        gathers = self.make("gathers.npy", "forward", "--velocity", self.path("truth.npy"))
        power = np.mean(np.square(gathers, dtype=np.float64), axis=(2, 3), keepdims=True)
        noise = np.random.default_rng(SEED).standard_normal(gathers.shape, np.float32)
        self.save("noisy_gathers.npy", gathers + np.sqrt(power * 10.0 ** (-NOISE_DB / 10.0)) * noise)
        for start, data in (("foundation", "gathers"), ("noisy", "noisy_gathers")):
            self.make(f"from_{start}.npy", "invert", "--network", self.network, "--data", self.path(f"{data}.npy"))
        depth = np.linspace(1500.0, 4500.0, truth.shape[1])[None, :, None]
        self.save("from_linear.npy", np.broadcast_to(depth, truth.shape))
        self.save("from_blurred.npy", blurred(truth, deviation=10.0))
        return names

    def refine(self, start: str) -> np.ndarray:
        options = [*LAYER, *REFINE, "--threads", 1, "--truth", self.path("truth.npy"),
                   "--figures", self.path(f"figures_{start}"), "--figure-every", 0]
        data = "gathers.npy"
        if start == "noisy":
            data = "noisy_gathers.npy"
            options += ["--signal-to-noise", NOISE_DB]
        if self.path(f"refined_{start}.npy.run").exists():
            options.append("--resume")
        return self.make(f"refined_{start}.npy", "refine", "--data", self.path(data), "--initial",
                         self.path(f"from_{start}.npy"), *options)

    def scores(self, start: str, refined: np.ndarray) -> dict[str, np.ndarray]:
        """Of each model: the error in m/s before and after, and the share of the misfit that is left."""
        truth = np.load(self.path("truth.npy"))
        initial = np.load(self.path(f"from_{start}.npy")).reshape(truth.shape)
        error = lambda maps: np.mean(np.abs(maps.reshape(truth.shape) - truth), axis=(1, 2))
        records = sorted(self.path(f"refined_{start}.npy.run").glob("model_*.json"))
        misfits = [json.loads(record.read_text(encoding="utf-8")) for record in records]
        left = np.array([record["last_misfit"] / record["first_misfit"] for record in misfits])
        return {"before": error(initial), "after": error(refined), "left": left}


def blurred(maps: np.ndarray, deviation: float) -> np.ndarray:
    reach = int(4 * deviation)
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / deviation))
    weights /= weights.sum()
    result = maps.astype(np.float64)
    for axis in (1, 2):
        padding = [(0, 0)] * 3
        padding[axis] = (reach, reach)
        padded = np.pad(result, padding, mode="edge")
        result = np.apply_along_axis(np.convolve, axis, padded, weights, mode="valid")
    return result


def table(names: list[str], scores: dict[str, dict[str, np.ndarray]]) -> str:
    lines = [f"{'MAE (m/s) before > after':<16}" + "".join(f"{start:>19}" for start in STARTS) + f"{'misfit left':>13}"]
    families = list(dict.fromkeys(names))

    def line(label: str, of: np.ndarray) -> str:
        cells = [f"{scores[start]['before'][of].mean():>10.1f} > {scores[start]['after'][of].mean():<6.1f}" for start in STARTS]
        return f"{label:<24}" + "".join(cells) + f"{scores['foundation']['left'][of].mean():>11.5f}"

    index = np.array([families.index(name) for name in names])
    lines += [line(f"{family} ({np.sum(index == k)})", index == k) for k, family in enumerate(families)]
    lines.append(line("all models", index >= 0))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/bin/strataform")
    parser.add_argument("--network", type=pathlib.Path, default=ROOT / "models/foundation.safetensors")
    parser.add_argument("--marmousi", type=pathlib.Path, default=ROOT.parent / "shared/reference/forward/model.npy",
                        help="maps of which the first four are the windows")
    parser.add_argument("--count", type=int, default=10, help="maps of each family")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "out/refine-study")
    study = Study(parser.parse_args())
    names = study.prepare()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        refined = dict(zip(STARTS, pool.map(study.refine, STARTS)))
    scores = {start: study.scores(start, refined[start]) for start in STARTS}
    text = table(names, scores)
    study.path("results.txt").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
