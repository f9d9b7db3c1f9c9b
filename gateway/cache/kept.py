"""Answers of services, each kept until an event changes what it was made from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from time import monotonic
from typing import Generic, TypeVar

from core import clock
from gateway.cache.log_ends import LogEnds
from gateway.cache.resources import ALL, Names

V = TypeVar("V")


@dataclass(frozen=True)
class Answer(Generic[V]):
    """What a service returned, what it was made from, and the end of the service's log as it was known before the call.

    It is right until `until` by the clock (None: it does not depend on it), and is kept until `kept_until` by the one
    that runs evenly."""

    found: V
    names: Names
    end: int
    until: datetime | None = None
    kept_until: float = inf


class KeptAnswers(Generic[V]):
    """The newest `most` answers. An event ends those that it names, also one that was asked for before it and answered
    after it. Without `ends` nothing is kept."""

    def __init__(self, ends: LogEnds | None, *, most: int, now: Callable[[], float] = monotonic) -> None:
        self._ends = ends
        self._most = most
        self._now = now
        self._answers: OrderedDict[Hashable, Answer[V]] = OrderedDict()

    def right(self, producer: str, key: Hashable) -> Answer[V] | None:
        """The answer of a service under `key`, if it is right as far as is known: whoever relies on it proves the
        service's log before (`LogEnds.prove`)."""
        answer = self._answers.get(key)
        if answer is None or self._ends is None:
            return None
        over = answer.until is not None and clock.now() >= answer.until
        if (
            over
            or self._now() >= answer.kept_until
            or self._ends.changed_in(producer, answer.end, answer.names)
        ):
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return answer

    def put(self, key: Hashable, answer: Answer[V]) -> None:
        """Keep an answer, but for one that was made from everything."""
        if ALL not in answer.names:
            self._answers[key] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """Drop everything."""
        self._answers.clear()

    def ask(
        self,
        producer: str,
        key: Hashable,
        ask: Callable[[], V],
        resource_of: Callable[[V], str | None],
        seconds: float = inf,
    ) -> V:
        """The answer that is kept under `key`, or what `ask` returns, which is then kept for so long; raises as that
        does. While the service does not reply, none that is kept counts.

        `resource_of` names the resource (`gateway.cache.changes`) of an answer; None: it is not kept.
        """
        if self._ends is None:
            return ask()
        proved = self._ends.prove((producer,))
        if proved and (kept := self.right(producer, key)) is not None:
            return kept.found
        end = self._ends.end(producer)
        value = ask()
        resource = resource_of(value)
        if resource is None:
            self._answers.pop(key, None)
        else:
            self.put(key, Answer(value, {resource}, end, kept_until=self._now() + seconds))
        return value
