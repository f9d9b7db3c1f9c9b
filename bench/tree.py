"""The CPU time and memory of a process with all its children, as a server has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.cpu import cpu_seconds, descendants


@dataclass(frozen=True)
class Tree:
    """The process `pid` and all below it that run now."""

    pid: int

    def cpu_seconds(self) -> float:
        """The seconds of a core that they have taken."""
        return sum(map(cpu_seconds, descendants(self.pid)))

    def megabytes(self) -> float:
        """Their memory; what several share is counted once (PSS)."""
        return sum(map(_proportional_kilobytes, descendants(self.pid))) / 1024


def _proportional_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
