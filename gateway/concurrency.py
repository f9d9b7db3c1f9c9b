"""The calls of a page: concurrent ones, optional ones, and those that many pages need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from bus.rpc.concurrency import gather
from contracts.errors import Unavailable
from core.markup import mention_candidates
from core.markup_mentions import may_be_ambiguous
from core.names import name_key
from gateway.own_state import UnreadCounts
from gateway.request_context import request_context, services
from gateway.request_globals import extension

NAMES_AT_ONCE = 1000
"""The number of names that one call of `people` may ask for."""

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


def optional(service: str, thunk: Callable[[], A]) -> Callable[[], A | None]:
    """Wrap a call that the page can do without: it returns None while `service` is unavailable, which the page says."""
    missing = request_context().missing

    def call() -> A | None:
        try:
            return thunk()
        except Unavailable:
            missing.append(service)
            return None

    return call


def nothing() -> None:
    """Stands for a call that is not needed."""


@overload
def run_concurrently(a: Callable[[], A], /) -> tuple[A]: ...
@overload
def run_concurrently(a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def run_concurrently(a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], /) -> tuple[A, B, C]: ...
@overload
def run_concurrently(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def run_concurrently(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], e: Callable[[], E], /
) -> tuple[A, B, C, D, E]: ...
@overload
def run_concurrently(
    a: Callable[[], A],
    b: Callable[[], B],
    c: Callable[[], C],
    d: Callable[[], D],
    e: Callable[[], E],
    f: Callable[[], F],
    /,
) -> tuple[A, B, C, D, E, F]: ...
def run_concurrently(*thunks: Callable[[], Any]) -> tuple[Any, ...]:
    """Run `thunks` concurrently; returns their results in their order, or raises the first error.

    The thunks must not use Flask's request: take what they need of it before.
    """
    return tuple(gather(*thunks))


def load_people(*ids: str | None) -> None:
    """Load the cards of all people that the page names, in one call."""
    context = request_context()
    wanted = sorted({one for one in ids if one and one not in context.cards})
    if not wanted:
        return
    people, viewer = services().people, context.viewer
    cards = optional("people", lambda: people.cards(viewer, wanted[:1000]))()
    context.cards.update({card.id: card for card in cards or []})


def load_involved(*ids: str | None) -> None:
    """The same for people whose own things are on the page: what they may do with these is shown to them alone.

    So the page that is kept for members is not for them (`gateway.cache.members`).
    """
    request_context().involved.update(filter(None, ids))
    load_people(*ids)


def load_mentions(*texts: str) -> None:
    """Find out whom the texts of the page mention, in one call, where their letters alone don't say it.

    That is so in scripts without spaces; see `core.markup_mentions`.
    """
    ambiguous = filter(may_be_ambiguous, texts)
    found = (names for text in ambiguous for names in mention_candidates(text))
    wanted = dict.fromkeys(name for names in found if len(names) > 1 for name in names)
    if not wanted:
        return
    context, people = request_context(), services().people
    viewer, asked = context.viewer, list(wanted)[:NAMES_AT_ONCE]
    cards = optional("people", lambda: people.cards_by_name(viewer, asked))()
    if cards is not None:
        context.known_names = {name_key(card.name) for card in cards}


def unread_count() -> int:
    """The number of the reader's unread notifications, shown in the frame of every page; loaded once a request.

    0 for strangers, and while `notify` is unavailable.
    """
    context = request_context()
    if context.unread is None:
        notify, viewer = services().notify, context.viewer
        counts: UnreadCounts = extension("space.unread_counts")
        known = optional("notify", lambda: counts.of(viewer, notify))() if viewer.signed_in else 0
        context.unread = known or 0
    return context.unread
