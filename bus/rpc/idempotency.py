"""A write that is asked for twice is done once: the answer is kept under the client's idempotency key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import idempotency_key
from bus.rpc.context import request_key
from core import clock
from core.audience import Viewer

P = ParamSpec("P")
R = TypeVar("R")

KEPT_FOR = timedelta(days=2)


def run_idempotent(
    session: Session, action: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run `action`, or answer as it did when it ran before with the same key, by the same person.

    The answer is kept in the action's own transaction: either both are there or neither.
    """
    key = request_key()
    if not key:
        return action(session, *args, **kwargs)
    stored_key = _stored_key(key, action, args)
    adapter: TypeAdapter[R] = TypeAdapter(get_type_hints(action)["return"])
    kept = session.execute(
        select(idempotency_key.c.result).where(idempotency_key.c.key == stored_key)
    ).first()
    if kept is not None:
        return adapter.validate_python(kept[0])
    answer = action(session, *args, **kwargs)
    session.execute(
        insert(idempotency_key).values(
            key=stored_key, result=adapter.dump_python(answer, mode="json"), at=clock.now()
        )
    )
    return answer


def purge(session: Session) -> None:
    """Delete results that are older than `KEPT_FOR`: nobody asks for them again."""
    session.execute(delete(idempotency_key).where(idempotency_key.c.at < clock.now() - KEPT_FOR))


def _stored_key(key: str, action: Callable[..., Any], args: tuple[Any, ...]) -> str:
    person = next((arg.person_id for arg in args if isinstance(arg, Viewer)), None) or ""
    return f"{action.__name__}:{person}:{hashlib.sha256(key.encode()).hexdigest()}"[:120]
