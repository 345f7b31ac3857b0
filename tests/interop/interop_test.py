#!/usr/bin/env python3
"""Exchanges adapters with Hugging Face PEFT, over an InversionNet written in PyTorch, and compares the outputs.

Usage: interop_test.py PROGRAM. Exit status 77: skipped, because peft or safetensors is not installed.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import safetensors.torch
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from torch import nn
except ModuleNotFoundError as error:
    print(f"skipped: {error}")
    sys.exit(77)

WIDTHS = [4, 6, 8, 10, 12]
TOLERANCE = 1e-5  # of outputs in [-1, 1]


class Block(nn.Module):
    def __init__(self, layer, activation):
        super().__init__()
        self.layers = nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels), activation)

    def forward(self, x):
        return self.layers(x)


class InversionNet(nn.Module):
    """The published architecture (Wu and Lin, 2019) with the module names of the OpenFWI scripts."""

    def __init__(self, w):
        super().__init__()
        self.names = []
        vertical = [("1", 5, w[0], 7, 2), ("2_1", w[0], w[1], 3, 2), ("2_2", w[1], w[1], 3, 1), ("3_1", w[1], w[1], 3, 2),
                    ("3_2", w[1], w[1], 3, 1), ("4_1", w[1], w[2], 3, 2), ("4_2", w[2], w[2], 3, 1)]
        for name, inputs, outputs, kernel, stride in vertical:
            self.add("convblock" + name, nn.Conv2d(inputs, outputs, (kernel, 1), (stride, 1), (kernel // 2, 0)))
        square = [("5_1", w[2], w[2], 2), ("5_2", w[2], w[2], 1), ("6_1", w[2], w[3], 2), ("6_2", w[3], w[3], 1),
                  ("7_1", w[3], w[3], 2), ("7_2", w[3], w[3], 1)]
        for name, inputs, outputs, stride in square:
            self.add("convblock" + name, nn.Conv2d(inputs, outputs, 3, stride, 1))
        self.add("convblock8", nn.Conv2d(w[3], w[4], (8, 9)))
        self.add("deconv1_1", nn.ConvTranspose2d(w[4], w[4], 5, 2))
        self.add("deconv1_2", nn.Conv2d(w[4], w[4], 3, 1, 1))
        for level, (inputs, outputs) in enumerate([(w[4], w[3]), (w[3], w[2]), (w[2], w[1]), (w[1], w[0])], start=2):
            self.add(f"deconv{level}_1", nn.ConvTranspose2d(inputs, outputs, 4, 2, 1))
            self.add(f"deconv{level}_2", nn.Conv2d(outputs, outputs, 3, 1, 1))
        self.deconv6 = Block(nn.Conv2d(w[0], 1, 3, 1, 1), nn.Tanh())

    def add(self, name, layer):
        setattr(self, name, Block(layer, nn.LeakyReLU(0.2)))
        self.names.append(name)

    def forward(self, x):
        for name in self.names:
            x = getattr(self, name)(x)
        return self.deconv6(x[:, :, 5:-5, 5:-5])


class Exchange:
    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.model = self.folder / "base.safetensors"
        data = self.folder / "data"
        self.run("generate", "--family", "flatvel-a", "--count", "2", "--output", data)
        self.run("pretrain", "--backbone", "inversionnet", "--backbone-options", json.dumps({"widths": WIDTHS}), "--data",
                 data, "--steps", "2", "--batch-size", "2", "--storage", "f32", "--output", self.model)
        self.data = data
        self.gathers = data / "data1.npy"

    def run(self, *arguments):
        subprocess.run([self.program, *map(str, arguments), "--quiet"], check=True, stdout=subprocess.DEVNULL)

    def finetune(self, name, *options):
        output = self.folder / name
        self.run("finetune", "--base", self.model, "--data", self.data, "--rank", "2", "--steps", "3", "--batch-size", "2",
                 "--learning-rate", "0.05", "--warmup-steps", "1", "--keep-last", "--output", output, *options)
        return output

    def invert(self, *options):
        """Our maps, on [-1, 1]."""
        output = self.folder / "maps.npy"
        self.run("invert", "--model", self.model, "--data", self.gathers, "--output", output, "--force", *options)
        return (np.load(output) - 3000.0) / 1500.0

    def network(self):
        network = InversionNet(WIDTHS)
        tensors = safetensors.torch.load_file(self.model)
        missing, unexpected = network.load_state_dict(tensors, strict=False)
        assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
        return network.eval()

    def input(self):
        with safetensors.safe_open(self.model, "pt") as file:
            spec = json.loads(file.metadata()["input"])
        x = np.load(self.gathers).astype(np.float64)
        if spec["ignore_last_sample"]:
            x[:, :, -1] = x[:, :, -2]
        low, high = (np.sign(v) * np.log1p(abs(v)) for v in
                     (spec["normalization"]["data_min"], spec["normalization"]["data_max"]))
        scaled = (np.sign(x) * np.log1p(np.abs(x)) - low) / (high - low) * 2.0 - 1.0
        return torch.from_numpy(scaled.astype(np.float32))

    def python_maps(self, network):
        with torch.no_grad():
            return network.eval()(self.input()).numpy()


def expect_same(what, ours, theirs):
    difference = float(np.abs(ours - theirs).max())
    print(f"{what}: largest difference {difference:.2e}")
    if not difference <= TOLERANCE:
        sys.exit(f"{what}: expected at most {TOLERANCE}")


def check_ours_there(exchange, *options):
    name = "-".join(options).strip("-")
    adapter = exchange.finetune(name, "--hf-only", *options)
    adapted = exchange.invert("--adapter", adapter)
    change = float(np.abs(adapted - exchange.invert()).max())
    if change < 100 * TOLERANCE:
        sys.exit(f"{name}: the adapter changes too little ({change:.1e}) for a comparison")
    loaded = PeftModel.from_pretrained(exchange.network(), adapter)
    expect_same(f"made here ({name}), loaded there", adapted, exchange.python_maps(loaded))


def check_theirs_here(exchange, **options):
    torch.manual_seed(1)
    targets = [f"convblock{name}.layers.0" for name in ("2_1", "5_2", "8")] + ["deconv3_2.layers.0"]
    config = LoraConfig(r=3, lora_alpha=5, target_modules=targets, rank_pattern={"convblock8.layers.0": 2}, **options)
    network = get_peft_model(exchange.network(), config)
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=10.0)
    for _ in range(3):
        optimizer.zero_grad()
        network(exchange.input()).abs().mean().backward()
        optimizer.step()
    folder = exchange.folder / ("theirs-" + "-".join(options))
    network.save_pretrained(folder)
    expect_same(f"trained there {options}, loaded here", exchange.invert("--adapter", folder),
                exchange.python_maps(network))


def check_extensions_load(exchange):
    adapter = exchange.finetune("everything")
    PeftModel.from_pretrained(exchange.network(), adapter)
    listed = json.loads((adapter / "adapter_config.json").read_text())["target_modules"]
    assert not any(name.startswith("deconv") and "_1" in name for name in listed), listed
    print("an adapter with transposed convolutions loads there")


def main():
    with tempfile.TemporaryDirectory() as folder:
        exchange = Exchange(sys.argv[1], folder)
        expect_same("the base", exchange.invert(), exchange.python_maps(exchange.network()))
        check_ours_there(exchange, "--method", "lora")
        check_ours_there(exchange, "--method", "dora")
        check_ours_there(exchange, "--method", "ia3")
        check_ours_there(exchange, "--method", "lora", "--rank-stabilised", "--rank-pattern", "convblock[56].*=3")
        check_theirs_here(exchange)
        check_theirs_here(exchange, use_rslora=True)
        check_theirs_here(exchange, use_dora=True)
        check_extensions_load(exchange)


if __name__ == "__main__":
    main()
