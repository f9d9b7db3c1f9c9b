"""Run test suites, each in a process of its own, and print the totals.

The processes are separate because a suite may let eventlet patch the standard library, which can't be undone. The last
line of standard output has the totals; the exit code is 0 only if nothing failed.

With `--servers` the suites run in the groups of `GROUPS`, at the same time: those of a group one after another, on
servers that are theirs alone, for some break them. Suites of processes and servers wait most of the time, while those
that fill the processor don't. Those of `ALONE` follow.
"""

import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

NOTHING_COLLECTED = 5
PARALLEL = ("unit", "leaks")
"""The suites whose tests share nothing: they run on all cores."""
GROUPS = (PARALLEL, ("chaos", "deploy", "story", "pages"))
ALONE = ("bus",)
"""The suites that run when those groups have ended: all services of a test are in one process, and wait for a broker
and a database that are slow beside others."""
STARTED = re.compile(r"== (\S+)\n")
TOTALS = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped\n")


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
    parser.add_argument("suites", nargs="+", type=Path, help="folders of tests")
    parser.add_argument("--pytest", default="", help="more arguments for pytest, in one string")
    parser.add_argument("--fast", action="store_true", help="leave out the tests that are marked slow")
    parser.add_argument("--servers", default="", help="the command that runs another one with servers")
    options = parser.parse_args()
    more = [*options.pytest.split(), *(("-m", "not slow") if options.fast else ())]
    if options.servers:
        command = [*shlex.split(options.servers), sys.executable, __file__, f"--pytest={options.pytest}"]
        waves = [[[*command, *map(str, suites)] for suites in groups] for groups in waves_of(options.suites)]
        if len(waves) == 1 and len(waves[0]) == 1:
            os.execvp(waves[0][0][0], waves[0][0])
        ended = [run_groups(groups) for groups in waves]
        totals, broken = sum((each for each, _ in ended), Totals()), any(each for _, each in ended)
    else:
        totals, broken = run_suites(options.suites, more)
    if totals.passed == 0 and not broken:
        print("no test ran", file=sys.stderr)
        broken = True
    print(totals, flush=True)
    return 1 if broken else 0


def run_suites(suites: Sequence[Path], more: list[str]) -> tuple[Totals, bool]:
    """Run suites one after another. Return the totals, and whether anything failed."""
    totals = Totals()
    broken = False
    for suite in suites:
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
    return totals, broken


def waves_of(suites: Sequence[Path]) -> list[list[list[Path]]]:
    """Return the groups that run at the same time, in one wave after the other. A group has any of its suites; a suite
    of none is a group by itself."""
    known = {name for group in GROUPS for name in group} | {*ALONE}
    groups = [[suite for suite in suites if suite.name in group] for group in GROUPS]
    groups += [[suite] for suite in suites if suite.name not in known]
    first = [group for group in groups if group]
    alone = [[[suite]] for suite in suites if suite.name in ALONE]
    return [wave for wave in (first, *alone) if wave]


def run_groups(commands: list[list[str]]) -> tuple[Totals, bool]:
    """Run this script for groups of suites, all at the same time. Return the totals, and whether anything failed."""
    groups = [Group(command) for command in commands]

    def stop(number: int, frame: FrameType | None) -> None:
        for group in groups:
            group.process.terminate()

    signal.signal(signal.SIGTERM, stop)
    for group in groups:
        group.reader.join()
    return sum((group.totals for group in groups), Totals()), any(group.broken for group in groups)


class Group:
    """This script at work on some suites: each line that it writes is printed after the first suite's name."""

    def __init__(self, command: list[str]) -> None:
        self.totals = Totals()
        self.broken = False
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        name, said = "", None
        for line in self.process.stdout:
            if started := STARTED.fullmatch(line):
                name = started[1]
            said = TOTALS.fullmatch(line) or said
            sys.stdout.write(f"{name:12} {line}")
            sys.stdout.flush()
        code = self.process.wait()
        self.totals = Totals(*map(int, said.groups())) if said else Totals(failed=1)
        # A group of which nothing was selected is no failure.
        self.broken = code != 0 and self.totals != Totals(skipped=self.totals.skipped)


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
    return ["-n", "auto", "--dist", "worksteal"] if suite.name in PARALLEL else []


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
