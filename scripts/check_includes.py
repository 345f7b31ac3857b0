#!/usr/bin/env python3
"""Compares what the sources include with what their CMakeLists.txt link; prints what does not fit and then fails.

Every target has the whole of src/ among its include folders, so the compiler does not notice a missing link. A file may
include the headers of its own folder, and those of folders and libraries that its target links, directly or through
their public links. Headers in a subfolder of a library ("strataform/wave/cuda/...") are for that library and its tests
alone. No folder may link itself, by whatever way.
"""

import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CALL = re.compile(r"^strataform_(library|program|test|bench)\((\w+)([^)]*)\)", re.MULTILINE)
SET = re.compile(r"^\s*set\((\w+)\s+([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')
# Headers of other libraries by the beginning of their names; those that are missing here need no link.
LIBRARIES = {
    "torch/": "strataform::torch",
    "ATen/": "strataform::torch",
    "c10/": "strataform::torch",
    "nlohmann/": "nlohmann_json::nlohmann_json",
    "fmt/": "fmt::fmt-header-only",
    "Eigen/": "Eigen3::Eigen",
    "unsupported/Eigen/": "Eigen3::Eigen",
    "cairo": "PkgConfig::CAIRO",
    "CLI/": "CLI11::CLI11",
    "segyio/": "segyio::segyio",
}


@dataclasses.dataclass(frozen=True)
class Target:
    """One call of strataform_library(), strataform_program(), strataform_test() or strataform_bench()."""

    kind: str
    name: str
    folder: pathlib.Path
    sources: tuple[str, ...]
    links: tuple[str, ...]
    private_links: tuple[str, ...]


def read_targets(cmake_file: pathlib.Path) -> list[Target]:
    """The targets of one CMakeLists.txt. Sources in a variable count as all sources of the folder."""
    targets = []
    content = re.sub(r"#.*", "", cmake_file.read_text(encoding="utf-8"))
    variables = {f"${{{name}}}": text.split() for name, text in SET.findall(content)}
    for kind, name, text in CALL.findall(content):
        words: dict[str, list[str]] = {"SOURCES": [], "LINKS": [], "PRIVATE_LINKS": []}
        keyword = ""
        for word in text.split():
            if word in words:
                keyword = word
            else:
                words[keyword].append(word)
        sources = words["SOURCES"]
        if any("$" in source for source in sources):
            sources = [path.name for path in cmake_file.parent.glob("*.cpp")]
        links, private_links = (tuple(link for word in words[key] for link in variables.get(word, [word]))
                                for key in ("LINKS", "PRIVATE_LINKS"))
        targets.append(Target(kind, name, cmake_file.parent, tuple(sources), links, private_links))
    return targets


class Checker:
    def __init__(self, targets: list[Target]) -> None:
        self.targets = targets
        self.libraries = {f"strataform::{t.name}": t for t in targets if t.kind == "library"}
        self.complaints: set[str] = set()

    def complain(self, place: str, text: str) -> None:
        self.complaints.add(f"{place}: {text}")

    def reachable(self, links: tuple[str, ...], way: tuple[str, ...] = ()) -> set[str]:
        """The links and what they link publicly, their links and so on."""
        found = set(links)
        for link in links:
            if link in way:
                if link == way[0] == min(way):  # else the circle is met again from there
                    self.complain("CMakeLists.txt", f"a circle of links: {' -> '.join(way)} -> {link}")
            elif link in self.libraries:
                found |= self.reachable(self.libraries[link].links, (*way, link))
        return found

    def check_file(self, path: pathlib.Path, target: Target, allowed: set[str], seen: set[pathlib.Path]) -> None:
        """Checks a file and, for a program or test, the headers of apps/ or tests/ that it includes."""
        if path in seen:
            return
        seen.add(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            name = match.group(1)
            place = f"{path.relative_to(ROOT)}:{number}"
            if name.startswith("strataform/"):
                self.check_ours(place, name, target, allowed)
                continue
            for prefix, library in LIBRARIES.items():
                if name.startswith(prefix) and library not in allowed:
                    self.complain(place, f"{name} belongs to {library}, which {target.name} does not link")
            for folder in (path.parent, ROOT / "tests"):
                if target.kind != "library" and (folder / name).is_file():
                    self.check_file((folder / name).resolve(), target, allowed, seen)
                    break

    def check_ours(self, place: str, name: str, target: Target, allowed: set[str]) -> None:
        parts = name.split("/")
        own = target.kind in ("library", "test") and parts[1] == target.name
        if not own and f"strataform::{parts[1]}" not in allowed:
            self.complain(place, f"{name} belongs to strataform::{parts[1]}, which {target.name} does not link")
        if not own and len(parts) > 3:
            self.complain(place, f"{name} is internal to strataform::{parts[1]}")

    def check(self, target: Target) -> None:
        allowed = self.reachable(target.links + target.private_links)
        sources = [target.folder / source for source in target.sources]
        if target.kind == "library":
            sources = [path for path in target.folder.rglob("*") if path.suffix in (".h", ".cpp", ".cu", ".inl")]
        for source in sources:
            if source.is_file():
                self.check_file(source, target, allowed, set())


def main() -> int:
    files = [ROOT / folder for folder in ("src", "apps", "tests", "bench")]
    targets = [t for folder in files for file in sorted(folder.rglob("CMakeLists.txt")) for t in read_targets(file)]
    checker = Checker(targets)
    for target in targets:
        checker.check(target)
    for complaint in sorted(checker.complaints):
        print(complaint, file=sys.stderr)
    return 1 if checker.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
