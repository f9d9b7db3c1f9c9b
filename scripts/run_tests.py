"""Run the test suites one after another, each in a separate process, and print the totals.

The processes are separate because a suite may let eventlet patch the standard library, which can't be undone. The last
line of standard output has the totals; the exit code is 0 only if nothing failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

NOTHING_COLLECTED = 5


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="+", type=Path, help="folders of tests, in the order to run them in")
    parser.add_argument("--pytest", default="", help="more arguments for pytest, in one string")
    parser.add_argument("--fast", action="store_true", help="leave out the tests that are marked slow")
    options = parser.parse_args()
    more = [*options.pytest.split(), *(("-m", "not slow") if options.fast else ())]
    totals = Totals()
    broken = False
    for suite in options.suites:
        if not any(suite.rglob("test_*.py")):
            print(f"== {suite}: no tests", flush=True)
            continue
        print(f"== {suite}", flush=True)
        start = time.monotonic()
        suite_totals, code = run_suite(suite, more)
        print(f"== {suite}: {suite_totals} in {time.monotonic() - start:.0f} s", flush=True)
        totals += suite_totals
        broken = broken or code not in (0, NOTHING_COLLECTED)
    # A suite that ends without a report, by a crash or an error in conftest, counts as one failure.
    if broken and totals.failed == 0:
        totals.failed = 1
    if totals.passed == 0 and not broken:
        print("no test ran", file=sys.stderr)
        return 1
    print(totals, flush=True)
    return 1 if broken else 0


def run_suite(suite: Path, more: list[str]) -> tuple[Totals, int]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            str(suite),
            f"--junit-xml={report}",
            *parallel(suite),
            *more,
        ]
        environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
        # The suites start hundreds of processes, each of which would otherwise compile the code again.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        code = subprocess.run(command, env=environment, check=False).returncode
        return read_report(report), code


def parallel(suite: Path) -> list[str]:
    """Return pytest's options: tests that share nothing run on all cores, suites with servers in one process."""
    return ["-n", "auto", "--dist", "worksteal"] if suite.name in ("unit", "leaks") else []


def read_report(report: Path) -> Totals:
    """Return the totals of a JUnit report; zero if pytest ended without writing it."""
    if not report.exists():
        return Totals()
    totals = Totals()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        totals += Totals(int(suite.get("tests", 0)) - failed - skipped, failed, skipped)
    return totals


if __name__ == "__main__":
    sys.exit(main())
