"""The reads of messages to phones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts import push as contract
from contracts.errors import NotFound
from core.audience import Viewer
from core.web_push import PushKey
from services.notify import push_rules
from services.notify.push_tables import PushChoice, PushDevice
from services.notify.tables import Notification
from services.shared.authorisation import signed_in
from services.shared.ids import is_id


def push_settings(
    session: Session, viewer: Viewer, key: str, own_session: str | None
) -> contract.PushSettings:
    """One's devices, the newest first, and for which reasons they get messages. `key` is the site's private key."""
    person_id = signed_in(viewer)
    rows = session.scalars(
        select(PushDevice).where(PushDevice.person_id == person_id).order_by(PushDevice.id.desc())
    )
    choice = session.get(PushChoice, person_id)
    return contract.PushSettings(
        key=PushKey.parse(key).public,
        reasons=push_rules.reasons_of(None if choice is None else choice.reasons),
        devices=[view(row, own_session) for row in rows],
    )


def view(row: PushDevice, own_session: str | None = None) -> contract.PushDevice:
    """A device as its person sees it."""
    return contract.PushDevice(
        id=row.id,
        name=row.name,
        on=row.on,
        group_words=row.group_words,
        state=push_rules.state(row.failing_since, row.lost_at),
        reached_at=row.reached_at,
        created_at=row.created_at,
        current=own_session is not None and row.session_id == own_session,
    )


def own_device(session: Session, person_id: str, id: str) -> PushDevice:
    """One of a person's devices. Raises `NotFound`."""
    row = session.get(PushDevice, id) if is_id(id) else None
    if row is None or row.person_id != person_id:
        raise NotFound()
    return row


def by_endpoint(session: Session, endpoint: str) -> PushDevice | None:
    """The device with this endpoint, locked, whoever's it is."""
    found = select(PushDevice).where(PushDevice.endpoint_hash == push_rules.endpoint_hash(endpoint))
    return session.scalar(found.with_for_update())


def count_of(session: Session, person_id: str) -> int:
    """How many devices a person has."""
    return session.scalar(select(func.count()).select_from(PushDevice).filter_by(person_id=person_id)) or 0


def unread(session: Session, person_id: str, ids: Collection[str], since: datetime) -> Sequence[Notification]:
    """Those of a person's notifications that are still worth a message, the oldest first."""
    wanted = select(Notification).where(
        Notification.id.in_(ids),
        Notification.person_id == person_id,
        Notification.is_read.is_(False),
        Notification.hidden.is_(False),
        Notification.at >= since,
    )
    return session.scalars(wanted.order_by(Notification.at, Notification.id)).all()
