#!/usr/bin/env python3
"""Finds retired words (scripts/retired_words.txt) in what users read: messages, help texts, documents and pages.

Of C++ sources only string literals with a space in them are looked at, of documents only prose: what stands in quotes of
code, in `backticks` or behind -- is a name.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# Texts that name another program's words, by how they begin.
FOREIGN = ("model name", "base_model", "metadata format")


def read_retired() -> list[tuple[re.Pattern, str]]:
    lines = (ROOT / "scripts/retired_words.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in pairs]


def without_names(text: str) -> str:
    text = re.sub(r"`[^`]*`|--[a-z-]+|\]\([^)]*\)|https?://\S+|\{[^{} ]*\}", "#", text)
    text = re.sub(r"[\w./-]*[/_.][\w/.-]*\w", "#", text)  # paths and identifiers
    return re.sub(r"\n[ ]+", "\n", text)


def literals(content: str) -> list[tuple[int, str]]:
    """The texts of a C++ source, those of several lines joined, with the line that they begin on."""
    found: list[tuple[int, str]] = []
    end = None
    content = re.sub(r'R"\((?:.|\n)*?\)"', lambda match: '""' + "\n" * match.group().count("\n"), content)
    content = re.sub(r"^[ \t]*#\s*include.*$|//.*$", "", content, flags=re.MULTILINE)
    for match in LITERAL.finditer(content):
        if end is not None and not content[end:match.start()].strip():
            found[-1] = (found[-1][0], found[-1][1] + match.group(1))
        else:
            found.append((content.count("\n", 0, match.start()) + 1, match.group(1)))
        end = match.end()
    return [(line, text.replace("\\n", " ")) for line, text in found if " " in text.strip()]


def prose(content: str) -> list[tuple[int, str]]:
    """The paragraphs of a document without code, by the line that they begin on."""
    content = re.sub(r"^```.*?^```", lambda match: "\n" * match.group().count("\n"), content,
                     flags=re.MULTILINE | re.DOTALL)
    found, start, lines = [], 1, []
    for number, line in enumerate([*content.splitlines(), ""], start=1):
        if line.strip() and not line.startswith("    "):
            start = start if lines else number
            lines.append(line)
        elif lines:
            found.append((start, "\n".join(lines)))
            lines = []
    return found


def page(content: str) -> list[tuple[int, str]]:
    content = re.sub(r"<style.*?</style>", lambda match: "\n" * match.group().count("\n"), content, flags=re.DOTALL)
    return [(number, re.sub(r"\{\{.*?\}\}|<[^>]*>", " # ", line)) for number, line in enumerate(content.splitlines(), 1)]


def texts() -> list[tuple[pathlib.Path, int, str]]:
    readers = [(literals, [*(ROOT / "src").rglob("*.cpp"), *(ROOT / "src").rglob("*.h"), *(ROOT / "src").rglob("*.def"),
                           *(ROOT / "apps").rglob("*.cpp"), *(ROOT / "apps").rglob("*.h")]),
               (prose, [ROOT / "README.md", ROOT / "models/README.md", *(ROOT / "docs").glob("*.md")]),
               (page, (ROOT / "src").rglob("*.mustache"))]
    return [(file, line, text) for reader, files in readers for file in sorted(files) if file.name != "glossary.md"
            for line, text in reader(file.read_text(encoding="utf-8"))]


def main() -> int:
    retired = read_retired()
    complaints = 0
    for file, line, text in texts():
        if text.startswith(FOREIGN):
            continue
        clean = without_names(text)
        for pattern, better in retired:
            for match in pattern.finditer(clean):
                place = f"{file.relative_to(ROOT)}:{line + clean.count(chr(10), 0, match.start())}"
                around = " ".join(clean[max(0, match.start() - 40):match.end() + 40].split())
                print(f"{place}: '{match.group()}': {better} ({around})")
                complaints += 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
