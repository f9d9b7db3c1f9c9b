"""Answers of one service, each kept until an event of the service changes what it was made from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Generic, TypeVar

from gateway.cache.log_ends import LogEnds

V = TypeVar("V")


@dataclass(frozen=True)
class _Answer(Generic[V]):
    """An answer, the resource that it was made from, the end of the log before it was asked for, and until when it is
    kept."""

    value: V
    resource: str
    end: int
    until: float


class KeptAnswers(Generic[V]):
    """The newest `most` answers. An event ends those that it names, also one that was asked for before it and answered
    after it. While the service does not reply, none that is kept counts. Without `ends` nothing is kept."""

    def __init__(
        self,
        ends: LogEnds | None,
        producer: str,
        *,
        most: int,
        seconds: float = inf,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._ends = ends
        self._producer = producer
        self._most = most
        self._seconds = seconds
        self._now = now
        self._answers: OrderedDict[Hashable, _Answer[V]] = OrderedDict()

    def get(self, key: Hashable, ask: Callable[[], V], resource_of: Callable[[V], str | None]) -> V:
        """The answer that is kept under `key`, or what `ask` returns; raises as that does.

        `resource_of` names the resource (`gateway.cache.changes`) of an answer; None: it is not kept.
        """
        if self._ends is None:
            return ask()
        proved = self._ends.prove((self._producer,))
        kept = self._answers.pop(key, None)
        if kept is None or not proved or not self._is_right(kept, self._ends):
            end = self._ends.end(self._producer)
            value = ask()
            resource = resource_of(value)
            if resource is None:
                return value
            kept = _Answer(value, resource, end, self._now() + self._seconds)
        self._answers[key] = kept
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return kept.value

    def _is_right(self, kept: _Answer[V], ends: LogEnds) -> bool:
        return not ends.changed_in(self._producer, kept.end, kept.resource) and self._now() < kept.until
