"""Puts off what goes to phones until it is due, so that what comes meanwhile goes out with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, select, tuple_, update
from sqlalchemy.orm import Session

from bus.outbox.tasks import counts_as_done, enqueue_all
from core import clock
from core.database import insert_or_ignore
from services.notify import push_rules
from services.notify.actions import mail_queue
from services.notify.mail_rules import Choice
from services.notify.push_tables import PushChoice, PushDevice, PushSent, PushWaiting
from services.notify.rules import NotificationDraft
from services.notify.tasks import SendPush

_WAITING: Table = PushWaiting.__table__  # type: ignore[assignment]
_SENT: Table = PushSent.__table__  # type: ignore[assignment]
_AT_ONCE = 500


@dataclass(frozen=True)
class _Devices:
    """The devices of one person that get messages, and for which reasons."""

    ids: list[str]
    reasons: frozenset[str]


def choose(session: Session, drafts: Sequence[tuple[NotificationDraft, list[dict[str, Any]]]]) -> None:
    """Note for each new notification that it goes to its person's devices, where they have any and want it there: the
    rows of each draft, whose columns of JSON are text. What is replayed, imported or old does not."""
    now = clock.now()
    fresh = [
        (draft, rows)
        for draft, rows in drafts
        if rows and not counts_as_done() and draft.at >= now - push_rules.LIFE
    ]
    devices = _devices_of(session, {row["person_id"] for _, rows in fresh for row in rows})
    if not devices:
        return
    reasons_in = cache(json.loads)
    wanted = [
        (row, draft.subject, devices[row["person_id"]].ids)
        for draft, rows in fresh
        for row in rows
        if row["person_id"] in devices
        and push_rules.is_wanted(reasons_in(row["reasons"]), devices[row["person_id"]].reasons)
    ]
    if not wanted:
        return
    people = {row["person_id"] for row, _, _ in wanted}
    sent = _sent(session, people, {thread for _, thread, _ in wanted})
    choices, usual = mail_queue.choices_of(session, people), Choice()
    waiting = [
        {
            "device_id": device_id,
            "notification_id": row["id"],
            "person_id": row["person_id"],
            "thread": thread,
            "due_at": _due(now, sent.get((row["person_id"], thread)), choices.get(row["person_id"], usual)),
        }
        for row, thread, ids in wanted
        for device_id in ids
    ]
    # In one order, so that two transactions never wait for each other.
    waiting.sort(key=lambda each: (each["device_id"], each["notification_id"]))
    insert_or_ignore(session, _WAITING, waiting)


def _due(now: datetime, sent: datetime | None, choice: Choice) -> datetime:
    at = now if sent is None else max(now, sent + push_rules.BETWEEN)
    return choice.quiet_until(at) or at


def _devices_of(session: Session, people: Collection[str]) -> dict[str, _Devices]:
    if not people:
        return {}
    rows = session.execute(
        select(PushDevice.person_id, PushDevice.id, PushChoice.reasons)
        .outerjoin(PushChoice, PushChoice.person_id == PushDevice.person_id)
        .where(PushDevice.person_id.in_(people), PushDevice.on.is_(True), PushDevice.lost_at.is_(None))
    )
    found: dict[str, _Devices] = {}
    for person_id, device_id, reasons in rows:
        if person_id not in found:
            found[person_id] = _Devices([], frozenset(push_rules.reasons_of(reasons)))
        found[person_id].ids.append(device_id)
    return found


def _sent(
    session: Session, people: Collection[str], threads: Collection[str]
) -> dict[tuple[str, str], datetime]:
    rows = session.execute(
        select(PushSent.person_id, PushSent.thread, PushSent.at).where(
            PushSent.person_id.in_(people), PushSent.thread.in_(threads)
        )
    )
    return {(person_id, thread): at for person_id, thread, at in rows}


def wait(session: Session, task: SendPush, ids: Iterable[str], until: datetime) -> None:
    """Send these of a task's notifications later; if something has come meanwhile, with that."""
    rows = [
        {
            "device_id": task.device_id, "notification_id": id, "person_id": task.person_id, "thread": task.thread,
            "due_at": until,
        }
        for id in sorted(ids)
    ]  # fmt: skip
    insert_or_ignore(session, _WAITING, rows)


def enqueue_due(session: Session) -> int:
    """Enqueue the messages that are due; returns of how many notifications they are."""
    now = clock.now()
    due = (
        select(PushWaiting)
        .where(PushWaiting.due_at <= now)
        .order_by(PushWaiting.due_at, PushWaiting.notification_id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    if not rows:
        return 0
    by_message: dict[tuple[str, str], list[PushWaiting]] = {}
    for row in rows:
        by_message.setdefault((row.device_id, row.thread), []).append(row)
    enqueue_all(
        session,
        [
            SendPush(
                device_id=device_id,
                person_id=of[0].person_id,
                thread=thread,
                ids=sorted(row.notification_id for row in of)[-push_rules.IDS_AT_MOST :],
                due_at=of[0].due_at,
            )
            for (device_id, thread), of in by_message.items()
        ],
    )
    _note_sent(session, {(row.person_id, row.thread) for row in rows}, now)
    keys = tuple_(PushWaiting.device_id, PushWaiting.notification_id)
    session.execute(
        delete(PushWaiting).where(keys.in_([(row.device_id, row.notification_id) for row in rows]))
    )
    return len(rows)


def _note_sent(session: Session, threads: Collection[tuple[str, str]], now: datetime) -> None:
    ordered = sorted(threads)
    rows = [{"person_id": person_id, "thread": thread, "at": now} for person_id, thread in ordered]
    insert_or_ignore(session, _SENT, rows)
    known = tuple_(PushSent.person_id, PushSent.thread).in_(ordered)
    session.execute(
        update(PushSent).where(known, PushSent.at < now).values(at=now),
        execution_options={"synchronize_session": False},
    )


def any_due(session: Session) -> bool:
    """Whether a message is due."""
    due = select(PushWaiting.device_id).where(PushWaiting.due_at <= clock.now()).limit(1)
    return session.scalar(due) is not None
