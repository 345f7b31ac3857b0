#!/usr/bin/env python3
"""Prints what compiling everything costs, folder by folder, from Ninja's log of a build folder (the argument).

The log has the time of each object's last compilation, so the sum is that of a cold build, whatever was compiled by the
last one. Two compilers at a time are in each other's way: the sum is a little more than the work. An object that ccache
had counts with the time that ccache took.
"""

import collections
import pathlib
import re
import sys

SLOWEST = 5


def read_log(build: pathlib.Path) -> dict[str, float]:
    """Seconds of every object that is there, by its name without CMake's folders."""
    seconds = {}
    for line in (build / ".ninja_log").read_text(encoding="utf-8").splitlines()[1:]:
        start, end, _, output, _ = line.split("\t")
        if output.endswith((".o", ".gch")) and (build / output).is_file():
            seconds[re.sub(r"CMakeFiles/[^/]*\.dir/", "", output)] = (int(end) - int(start)) / 1000
    return seconds


def main() -> None:
    seconds = read_log(pathlib.Path(sys.argv[1]))
    folders: collections.Counter[str] = collections.Counter()
    for name, value in seconds.items():
        folders[re.sub(r"^(src/strataform/\w+|\w+).*", r"\1", name)] += value
    for folder, value in sorted(folders.items(), key=lambda item: -item[1]):
        print(f"{value:6.0f} s  {folder}")
    print(f"{sum(seconds.values()):6.0f} s  all {len(seconds)} objects; the slowest:")
    for name, value in sorted(seconds.items(), key=lambda item: -item[1])[:SLOWEST]:
        print(f"{value:6.0f} s  {name}")


if __name__ == "__main__":
    main()
