"""How much one client may ask for: the generic cell rate algorithm (GCRA), with a cost for each request.

A client has a burst of units, which come back at a steady rate. One number is held for each client and kind of work:
when its burst will be whole again. Once that is past it says nothing and is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True)
class Budget:
    """`burst` units at once, and `per_second` units after that."""

    burst: float
    per_second: float


class Limiter:
    """The budgets of clients, by a key for each. `now` gives seconds; `most` is how many clients are remembered."""

    def __init__(self, now: Callable[[], float] = monotonic, most: int = 100_000) -> None:
        self._now = now
        self._most = most
        self._whole_at: dict[str, float] = {}

    def spend(self, key: str, cost: float, budget: Budget) -> float:
        """Take `cost` units of a budget. Returns 0, or if there are not as many the seconds until there are.

        What costs more than the whole burst is allowed when the burst is whole.
        """
        now = self._now()
        whole_at = max(self._whole_at.get(key, now), now)
        after = whole_at + cost / budget.per_second
        allowed = now + max(budget.burst, cost) / budget.per_second
        if after > allowed:
            return after - allowed
        if key not in self._whole_at and len(self._whole_at) >= self._most:
            self._forget(now)
        self._whole_at[key] = after
        return 0.0

    def charge(self, key: str, cost: float, budget: Budget) -> None:
        """Take what something has cost, known only now: even more than there is."""
        if key not in self._whole_at and len(self._whole_at) >= self._most:
            self._forget(self._now())
        self._whole_at[key] = max(self._whole_at.get(key, 0.0), self._now()) + cost / budget.per_second

    def wait(self, key: str, cost: float, budget: Budget) -> float:
        """What `spend` would return, without taking anything."""
        now = self._now()
        after = max(self._whole_at.get(key, now), now) + cost / budget.per_second
        return max(after - now - max(budget.burst, cost) / budget.per_second, 0.0)

    def __len__(self) -> int:
        return len(self._whole_at)

    def _forget(self, now: float) -> None:
        """Drop those whose burst is whole; if all have spent something, the tenth that has spent least."""
        self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
        if len(self._whole_at) >= self._most:
            by_spent = sorted(self._whole_at, key=self._whole_at.__getitem__)
            for key in by_spent[: max(self._most // 10, 1)]:
                del self._whole_at[key]
