"""How much is done at the same time: a few things of one client, a few of a heavy kind; the others wait in order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class _Queue:
    free: threading.Semaphore
    used_by: int = field(default=0)


class Turns:
    """`at_once` holders of each key; beyond them up to `waiting` wait for their turn, and others are refused."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._queues: dict[str, _Queue] = {}

    def take(self, key: str, seconds: float) -> bool:
        """Wait for a turn, at most `seconds`. Returns whether there is one; each needs its `give_back`."""
        queue = self._queues.setdefault(key, _Queue(threading.Semaphore(self._at_once)))
        if queue.used_by >= self._most:
            return False
        queue.used_by += 1
        taken = False
        try:
            taken = queue.free.acquire(timeout=max(seconds, 0.0))
        finally:
            if not taken:
                self._leave(key, queue)
        return taken

    def give_back(self, key: str) -> None:
        """End a turn."""
        queue = self._queues[key]
        queue.free.release()
        self._leave(key, queue)

    def __len__(self) -> int:
        return len(self._queues)

    def _leave(self, key: str, queue: _Queue) -> None:
        queue.used_by -= 1
        if not queue.used_by:
            self._queues.pop(key, None)
