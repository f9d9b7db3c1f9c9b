"""What people do with their devices: they add, change and remove them, and say for what they get messages."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from contracts import push as contract
from core import clock
from core.audience import Viewer
from core.database import insert_or_ignore
from core.ids import new_id
from core.settings import Settings
from services.notify import push_queries, push_rules
from services.notify.push_tables import PushChoice, PushDevice, PushSent, PushWaiting
from services.shared.authorisation import owner

_SENT_KEPT = timedelta(days=1)


def add(
    session: Session,
    viewer: Viewer,
    settings: Settings,
    command: contract.AddPushDevice,
    own_session: str | None,
) -> contract.PushDevice:
    """Add a device, or change the one with this endpoint; whoever else had it has it no more.

    Raises `Invalid` (`push_rules.check_subscription`) and `Conflict("push-devices-many")`.
    """
    person_id = owner(viewer)
    push_rules.check_subscription(command, settings.push_hosts)
    found = push_queries.by_endpoint(session, command.endpoint)
    if found is not None and found.person_id != person_id:
        _remove(session, found)
        found = None
    now = clock.now()
    if found is None:
        push_rules.check_devices(push_queries.count_of(session, person_id))
        found = PushDevice(id=new_id(), person_id=person_id, created_at=now)
        session.add(found)
    _subscribe(found, command, own_session)
    found.name, found.group_words, found.on, found.seen_at = command.name, command.group_words, True, now
    session.flush()
    return push_queries.view(found, own_session)


def change(
    session: Session, viewer: Viewer, id: str, command: contract.ChangePushDevice
) -> contract.PushDevice:
    """Change one of one's devices. Raises `NotFound`."""
    row = push_queries.own_device(session, owner(viewer), id)
    row.name = row.name if command.name is None else command.name
    row.on = row.on if command.on is None else command.on
    row.group_words = row.group_words if command.group_words is None else command.group_words
    session.flush()
    return push_queries.view(row)


def remove(session: Session, viewer: Viewer, id: str) -> None:
    """Remove one of one's devices. Raises `NotFound`."""
    _remove(session, push_queries.own_device(session, owner(viewer), id))


def see(
    session: Session,
    viewer: Viewer,
    settings: Settings,
    command: contract.SeePushDevice,
    own_session: str | None,
) -> bool:
    """Note that a browser has this subscription, in place of that with the endpoint `before`. False if neither is of
    one of the viewer's devices.

    Raises `Invalid` as `add` does.
    """
    person_id = owner(viewer)
    push_rules.check_subscription(command, settings.push_hosts)
    found = push_queries.by_endpoint(session, command.endpoint)
    if found is not None and found.lost_at is not None and found.person_id == person_id:
        # The push service said that there is no such subscription, whatever the browser believes.
        return False
    if found is None and command.before:
        found = push_queries.by_endpoint(session, command.before)
    if found is None:
        return False
    if found.person_id != person_id:
        # Somebody else uses this browser now: what is for its former user is not shown here.
        _remove(session, found)
        return False
    _subscribe(found, command, own_session)
    found.seen_at = clock.now()
    return True


def set_reasons(
    session: Session, viewer: Viewer, settings: Settings, command: contract.SetPushReasons
) -> contract.PushSettings:
    """Say for which reasons messages go to one's devices."""
    person_id = owner(viewer)
    row = {"person_id": person_id, "reasons": []}
    insert_or_ignore(session, PushChoice.__table__, [row])  # type: ignore[arg-type]
    choice = session.get_one(PushChoice, person_id, with_for_update=True, populate_existing=True)
    choice.reasons = list(dict.fromkeys(command.reasons))
    session.flush()
    return push_queries.push_settings(session, viewer, settings.push_private_key, None)


def purge(session: Session) -> None:
    """Delete when messages went out, but of the last day, and devices that are lost for long."""
    now = clock.now()
    session.execute(delete(PushSent).where(PushSent.at < now - _SENT_KEPT))
    session.execute(delete(PushDevice).where(PushDevice.lost_at < now - push_rules.LOST_KEPT))


def _subscribe(row: PushDevice, command: contract.PushSubscription, own_session: str | None) -> None:
    is_new = row.endpoint != command.endpoint
    row.endpoint, row.endpoint_hash = command.endpoint, push_rules.endpoint_hash(command.endpoint)
    row.p256dh, row.auth, row.session_id = command.p256dh, command.auth, own_session
    row.lost_at = None
    if is_new:
        row.failing_since = row.told_at = None


def _remove(session: Session, row: PushDevice) -> None:
    session.execute(delete(PushWaiting).where(PushWaiting.device_id == row.id))
    session.delete(row)
    session.flush()
