"""What many pages need alike is asked for once: categories, the latest news, people's cards.

It is kept as a page is, until an event changes what it was made from, so that a page that is made anew asks its
services only for what is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from contracts.blog import ArticleQuery
from contracts.people import PersonCard
from core.audience import Viewer
from gateway.cache.kept import Answer, KeptAnswers

MOST = 3_000
"""So many answers are kept."""

_KEPT = frozenset({("forum", "categories"), ("blog", "categories"), ("blog", "articles"), ("people", "site")})


def key_of_call(service: str, method: str, args: tuple[Any, ...]) -> Hashable | None:
    """The key of a call whose answer is kept: for one class of viewers, like the page that it is for. None for others,
    such as filtered lists, of which there are many."""
    if (service, method) not in _KEPT or any(map(_is_filtered, args)):
        return None
    return service, method, *args


def _is_filtered(argument: object) -> bool:
    return isinstance(argument, ArticleQuery) and argument != ArticleQuery(limit=argument.limit)


def cards(
    calls: KeptAnswers[Any],
    viewer: Viewer,
    ids: list[str],
    end: int,
    ask: Callable[..., list[PersonCard]],
) -> list[PersonCard]:
    """`people.cards`, which are the same for all viewers; only those that are not kept are asked for. `end`: that of
    people's log, as it is known."""
    known = {each: answer.found for each in ids if (answer := calls.right("people", ("card", each)))}
    wanted = [each for each in ids if each not in known]
    if wanted:
        asked = {card.id: card for card in ask(viewer, wanted)}
        for each in wanted:
            known[each] = asked.get(each)
            calls.put(("card", each), Answer(known[each], {f"person:{each}"}, end))
    return [card for each in ids if (card := known[each])]
