"""Runs the calls of one request concurrently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import Any, TypeVar, overload

from bus.ops import cpu_time, greenlets

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


@overload
def gather(one: Callable[[], A], two: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def gather(one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], /) -> tuple[A, B, C]: ...
@overload
def gather(
    one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], four: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def gather(
    one: Callable[[], A],
    two: Callable[[], B],
    three: Callable[[], C],
    four: Callable[[], D],
    five: Callable[[], E],
    /,
) -> tuple[A, B, C, D, E]: ...
@overload
def gather(*work: Callable[[], Any]) -> tuple[Any, ...]: ...
def gather(*work: Callable[[], Any]) -> tuple[Any, ...]:
    """Run functions concurrently in greenlets, each in the caller's context, and return their results in order.

    If any raise, the first error in that order is raised once all have ended.
    """
    threads = [greenlets.start(_outcome, copy_context(), thunk) for thunk in work]
    outcomes: Sequence[tuple[Any, Exception | None]] = [thread.wait() for thread in threads]
    for _, error in outcomes:
        if error is not None:
            raise error
    return tuple(result for result, _ in outcomes)


def _run(thunk: Callable[[], Any]) -> Any:
    cpu_time.go_on()
    return thunk()


def _outcome(context: Context, thunk: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return context.run(_run, thunk), None
    except Exception as error:
        return None, error
