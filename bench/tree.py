"""The CPU time and memory of a process with all its children, as a server or a whole system has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """The process `pid` and all below it that run now."""

    pid: int

    def pids(self) -> Iterator[int]:
        """Their ids."""
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(folder.name)] = int(_fields(int(folder.name))[1])
            except OSError:
                continue  # it has ended
        below = [self.pid]
        while below:
            pid = below.pop()
            yield pid
            below += [child for child, parent in parents.items() if parent == pid]

    def cpu_seconds(self) -> float:
        """The seconds of a core that they have taken."""
        return sum(cpu_seconds(pid) for pid in self.pids())

    def megabytes(self) -> float:
        """Their memory; what several share is counted once (PSS)."""
        return sum(_proportional_kilobytes(pid) for pid in self.pids()) / 1024


def cpu_seconds(pid: int) -> float:
    """The seconds of a core that one process has taken."""
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    """Those of `/proc/PID/stat` after the name."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(") ", 1)[1].split()


def _proportional_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
