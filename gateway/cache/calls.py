"""What many pages need alike is asked for once: categories, the latest news, people's cards.

It is kept as a page is, until an event changes what it was made from, so that a page that is made anew asks its
services only for what is its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.blog import ArticleQuery
from contracts.people import PersonCard
from core import clock
from core.audience import Viewer
from gateway.cache.log_ends import LogEnds
from gateway.cache.resources import ALL, Names

MOST = 3_000

_KEPT = frozenset({("forum", "categories"), ("blog", "categories"), ("blog", "articles"), ("people", "site")})


def key_of_call(service: str, method: str, args: tuple[Any, ...]) -> Hashable | None:
    """The key of a call whose answer is kept: for one class of viewers, like the page that it is for. None for others,
    such as filtered lists, of which there are many."""
    if (service, method) not in _KEPT or any(map(_is_filtered, args)):
        return None
    return service, method, *args


def _is_filtered(argument: object) -> bool:
    return isinstance(argument, ArticleQuery) and argument != ArticleQuery(limit=argument.limit)


@dataclass(frozen=True)
class Answer:
    """What a call returned, what it was made from, and until when it is right by the clock."""

    found: Any
    names: Names
    until: datetime | None
    ends: Mapping[str, int]


class KeptCalls:
    """The answers of one process. They are used for pages before which the logs were proved (`LogEnds.prove`)."""

    def __init__(self, ends: LogEnds, most: int = MOST) -> None:
        self._ends = ends
        self._most = most
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def get(self, service: str, key: Hashable) -> Answer | None:
        """The answer to a call, if it is right now."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        over = answer.until is not None and clock.now() >= answer.until
        if over or self._ends.changed_since(answer.ends, {service: answer.names}):
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return answer

    def forget(self) -> None:
        """Drop everything."""
        self._answers.clear()

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep an answer. `answer.ends` are the ends of the logs as they were known before the call."""
        if ALL not in answer.names:
            self._answers[key] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def cards(
        self, viewer: Viewer, ids: list[str], ends: Mapping[str, int], ask: Callable[..., list[PersonCard]]
    ) -> list[PersonCard]:
        """`people.cards`, which are the same for all viewers; only those that are not kept are asked for."""
        known = {each: answer.found for each in ids if (answer := self.get("people", ("card", each)))}
        wanted = [each for each in ids if each not in known]
        if wanted:
            asked = {card.id: card for card in ask(viewer, wanted)}
            for each in wanted:
                known[each] = asked.get(each)
                self.put(("card", each), Answer(known[each], {f"person:{each}"}, None, ends))
        return [card for each in ids if (card := known[each])]
