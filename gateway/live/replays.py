"""Who may read past events from the logs now: a few at once, for one slice each, by turns of the clients."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class Turn:
    """A replay's turn to read one slice, now or later."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._come = threading.Event()

    @property
    def come(self) -> bool:
        """Whether it is this one's turn."""
        return self._come.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the turn, at most `seconds`. Returns `come`."""
        return self._come.wait(seconds)

    def begin(self) -> None:
        """It is this one's turn."""
        self._come.set()


class ReplayLine:
    """`at_once` turns; the others wait in line. The clients that wait take turns, so that one with forty replays waits
    for forty slices of its own and keeps another with one waiting for one."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, client: str) -> Turn:
        """A turn, which may not have come yet. Each needs its `end`, even one that never came."""
        turn = Turn(client)
        with self._lock:
            if self._free:
                self._free -= 1
                turn.begin()
            else:
                self._waiting.setdefault(client, deque()).append(turn)
        return turn

    def end(self, turn: Turn) -> None:
        """End a turn, or stop waiting for it."""
        with self._lock:
            if turn.come:
                self._pass_on()
            else:
                mine = self._waiting[turn.client]
                mine.remove(turn)
                if not mine:
                    del self._waiting[turn.client]

    def __len__(self) -> int:
        return sum(len(turns) for turns in self._waiting.values())

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        client, turns = self._waiting.popitem(last=False)
        turns.popleft().begin()
        if turns:
            self._waiting[client] = turns
