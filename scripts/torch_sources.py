#!/usr/bin/env python3
"""Prints those of the C++ sources in the arguments that include LibTorch, directly or through our own headers."""

import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.MULTILINE)


@functools.cache
def includes_torch(path: pathlib.Path) -> bool:
    for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if name.startswith(("torch/", "ATen/", "c10/")):
            return True
        for folder in (path.parent, ROOT / "src", ROOT / "tests"):
            if (folder / name).is_file():
                if includes_torch(folder / name):
                    return True
                break
    return False


for argument in sys.argv[1:]:
    if includes_torch(pathlib.Path(argument).resolve()):
        print(argument)
