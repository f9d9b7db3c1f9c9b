"""CPU time of processes, by component. Wall time depends on what else the machine does; this hardly does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from time import thread_time

BURN = 1_000_000


def burn() -> float:
    """The milliseconds of CPU that a fixed piece of plain Python takes now: how fast this machine is at the moment."""
    started, total = thread_time(), 0
    for number in range(BURN):
        total += number & 7
    return (thread_time() - started) * 1000


def cpu_seconds(pid: int) -> float:
    """The seconds of a core that one process has taken."""
    fields = (
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(") ", 1)[1].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """A process and all that it and its children have started and that still run."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it has ended
                continue
            children.setdefault(int(stat.rsplit(") ", 1)[1].split()[1]), []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def components(pid: int) -> dict[str, list[int]]:
    """The processes of `space distributed`, by the name of their component."""
    found: dict[str, list[int]] = {}
    for one in descendants(pid):
        try:
            words = Path(f"/proc/{one}/cmdline").read_text(encoding="utf-8").split("\0")
        except OSError:
            continue
        if "run" in words:
            found.setdefault(words[words.index("run") + 1], []).append(one)
    return found


class CpuTimes:
    """The CPU seconds of groups of processes since this was made. Those of a process that ends are lost."""

    def __init__(self, groups: Mapping[str, int | list[int]]) -> None:
        """`groups`: by name, a process with all its descendants, or just these processes."""
        self._groups = groups
        self._before = {name: self._now(name) for name in groups}

    def taken(self) -> dict[str, float]:
        """The seconds of each group."""
        result = {}
        for name, before in self._before.items():
            now = self._now(name)
            result[name] = sum(seconds - before.get(pid, 0.0) for pid, seconds in now.items())
        return result

    def _now(self, name: str) -> dict[int, float]:
        group = self._groups[name]
        found = {}
        for pid in descendants(group) if isinstance(group, int) else group:
            try:
                found[pid] = cpu_seconds(pid)
            except OSError:
                continue
        return found
