"""Idempotent writes: the result of a write is stored under the client's idempotency key, for repeated requests.

The key comes from the HTTP header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
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
    """Run `action` and return its result; return the stored one if the same person sent the same key before.

    Key and result are stored in the action's transaction. The key is inserted first, so that a second request with it
    at the same time waits until the first is committed or rolled back.
    """
    key = request_key()
    if not key:
        return action(session, *args, **kwargs)
    stored_key = _stored_key(key, action, args)
    adapter: TypeAdapter[R] = TypeAdapter(get_type_hints(action)["return"])
    this = idempotency_key.c.key == stored_key
    if not _insert_key(session, stored_key):
        return adapter.validate_python(session.execute(select(idempotency_key.c.result).where(this)).scalar())
    result = action(session, *args, **kwargs)
    session.execute(
        update(idempotency_key).where(this).values(result=adapter.dump_python(result, mode="json"))
    )
    return result


def _insert_key(session: Session, stored_key: str) -> bool:
    """Insert the key without a result. Returns False if it exists already."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"key": stored_key, "result": None, "at": clock.now()}
    statement = insert(idempotency_key).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(idempotency_key.c.key)).first() is not None


def purge(session: Session) -> None:
    """Delete keys that are older than `KEPT_FOR`."""
    session.execute(delete(idempotency_key).where(idempotency_key.c.at < clock.now() - KEPT_FOR))


def _stored_key(key: str, action: Callable[..., Any], args: tuple[Any, ...]) -> str:
    person = next((arg.person_id for arg in args if isinstance(arg, Viewer)), None) or ""
    return f"{action.__name__}:{person}:{hashlib.sha256(key.encode()).hexdigest()}"[:120]
