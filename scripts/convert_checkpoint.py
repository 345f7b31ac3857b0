"""Turns a PyTorch checkpoint into .safetensors: convert_checkpoint.py CHECKPOINT OUTPUT.

`strataform import` runs this. The pickle is read by weights-only loading, which runs no code that the file brings.
A failure prints one line; exit status 3 means the checkpoint is at fault, 4 that the package torch is missing or too
old, 5 that the file cannot be read.
"""

import argparse
import json
import struct
import sys


def fail(status, message):
    print(" ".join(str(message).split()), file=sys.stderr)
    sys.exit(status)


def load_weights(path):
    try:
        import torch
    except ImportError as error:
        fail(4, f"the package torch is missing from {sys.executable}: {error}")
    if not hasattr(torch.serialization, "safe_globals"):
        fail(4, f"the package torch of {sys.executable} is too old: expected 2.5 or later, found {torch.__version__}")
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        fail(5, f"cannot be read: {error.strerror or error}")
    except Exception as error:
        # torch's own message recommends to load without this protection, so it is not passed on.
        fail(3, f"expected a PyTorch checkpoint that weights-only loading accepts, found none ({type(error).__name__})")
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    if not isinstance(content, dict) or not content:
        fail(3, f"expected a dictionary of tensors, found {type(content).__name__}")
    weights = {}
    for key, value in content.items():
        if not isinstance(key, str) or not torch.is_tensor(value):
            fail(3, f"expected a tensor under {key!r}, found {type(value).__name__}")
        if not key.endswith("num_batches_tracked"):
            weights[key.removeprefix("module.")] = value.to(torch.float32).contiguous()
    return weights


def write_safetensors(path, weights):
    header, offset = {}, 0
    for key in sorted(weights):
        size = 4 * weights[key].numel()
        header[key] = {"dtype": "F32", "shape": list(weights[key].shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for key in sorted(weights):
            file.write(weights[key].numpy().astype("<f4").tobytes())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        fail(2, "usage: convert_checkpoint.py CHECKPOINT OUTPUT")
    write_safetensors(sys.argv[2], load_weights(sys.argv[1]))
