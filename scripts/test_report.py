#!/usr/bin/env python3
"""Prints the skipped tests of a CTest report (JUnit, the argument) by reason, then the totals as the last line.

Fails where a test was skipped for no reason that tests/skipped_tests.txt knows, or more of them than it allows.
"""

import collections
import dataclasses
import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOWED = ROOT / "tests" / "skipped_tests.txt"


@dataclasses.dataclass(frozen=True)
class Reason:
    """One line of tests/skipped_tests.txt."""

    count: int
    unless: str
    pattern: re.Pattern[str]

    def allowed(self) -> int:
        """How many tests may be skipped here."""
        return 0 if self.unless != "-" and (ROOT / self.unless).exists() else self.count


def read_reasons() -> list[Reason]:
    reasons = []
    for line in ALLOWED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            count, unless, pattern = line.split(maxsplit=2)
            reasons.append(Reason(int(count), unless, re.compile(pattern, re.MULTILINE)))
    return reasons


def main() -> int:
    cases = list(xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase"))
    reasons = read_reasons()
    skipped: dict[Reason, list[str]] = collections.defaultdict(list)
    failed = False
    for case in cases:
        if case.find("skipped") is None:
            continue
        output = case.findtext("system-out") or ""
        reason = next((reason for reason in reasons if reason.pattern.search(output)), None)
        if reason is None:
            print(f"{case.get('name')} was skipped for a reason that {ALLOWED.name} does not know:\n{output}")
            failed = True
        else:
            skipped[reason].append(case.get("name") or "")
    for reason, names in skipped.items():
        print(f"{len(names):4d} skipped, at most {reason.allowed()}: {reason.pattern.pattern}")
        if len(names) > reason.allowed():
            print("     " + "\n     ".join(names))
            failed = True
    count = {status: sum(case.get("status") == status for case in cases) for status in ("run", "fail", "notrun")}
    print(f"{count['run']} passed, {count['fail']} failed, {count['notrun']} skipped")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
