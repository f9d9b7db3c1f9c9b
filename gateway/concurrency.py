"""A page's calls side by side, and what a page does when a service is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from bus.rpc.concurrency import gather
from contracts.errors import Unavailable
from contracts.notify import FollowKind, FollowView
from gateway.request_context import request_context, services

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


def optional(service: str, thunk: Callable[[], A]) -> Callable[[], A | None]:
    """A call whose part of the page may be missing: None when `service` is away, and the page says so in its place."""
    missing = request_context().missing

    def ask() -> A | None:
        try:
            return thunk()
        except Unavailable:
            missing.append(service)
            return None

    return ask


def follow_state(kind: FollowKind, id: str | None) -> Callable[[], FollowView | None]:
    """A call for how the reader follows something; None where they don't, for strangers, and where there is no `id`."""
    notify, viewer = services().notify, request_context().viewer
    if id is None or not viewer.signed_in:
        return lambda: None
    return optional("notify", lambda: notify.follow_state(viewer, kind, id))


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
    """The answers of `thunks`, asked side by side, in their order; the first error is raised.

    The thunks must not use Flask's request: take what they need of it before. The reader's unread count, which the
    frame of every page shows, comes along in the same round.
    """
    around = request_context()
    if around.viewer.signed_in and around.unread is None:
        notify, viewer = services().notify, around.viewer
        *answers, around.unread = gather(*thunks, optional("notify", lambda: notify.unread(viewer)))
        return tuple(answers)
    return tuple(gather(*thunks))


def load_people(*ids: str | None) -> None:
    """Fetch the cards of all the people that the page is about to name, in one call."""
    around = request_context()
    wanted = sorted({one for one in ids if one and one not in around.cards})
    if not wanted:
        return
    people, viewer = services().people, around.viewer
    (cards,) = run_concurrently(optional("people", lambda: people.cards(viewer, wanted[:1000])))
    around.cards.update({card.id: card for card in cards or []})
