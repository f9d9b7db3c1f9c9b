"""Makes the messages to phones when they go out, and sends them.

Nothing of what they say is stored before: what is read, deleted, of a group that the person has left, or by somebody
whom they have blocked since is not in them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bus.push.delivery import Message, MessageRefused, Pusher, ServiceBusy, SubscriptionGone
from bus.push.encryption import Recipient
from bus.push.message import content
from contracts.people import PeopleApi
from contracts.push import PushNote, PushRecipient
from core import clock
from core.audience import MEMBERS, group_of, may_see
from core.database import Database
from core.ids import new_id
from services.notify import letters, mail_queries, push_queries, push_rules, queries
from services.notify.actions import delivery, push_queue, recipients
from services.notify.push_tables import PushChoice, PushDevice
from services.notify.rules import NotificationDraft
from services.notify.tables import ANYBODY, Notification
from services.notify.tasks import SendPush

log = logging.getLogger(__name__)

LOST = "notify.device.lost"
"""The `what` of the notification that a device can't be reached."""

SETTINGS_PATH = "/settings/notifications#phones"


def send(database: Database, pusher: Pusher, people: PeopleApi, task: SendPush, key: str) -> None:
    """Send the message of a task, unless there is nothing to tell, or it is held further."""
    now = clock.now()
    with database.reading() as session:
        device = session.get(PushDevice, task.device_id)
        found = push_queries.unread(session, task.person_id, task.ids, now - push_rules.LIFE)
        until = _held_until(session, task, found, now)
    if device is None or not device.on or device.lost_at is not None or not found:
        return
    if until is not None:
        _wait(database, task, found, until)
        return
    recipient = people.push_recipient(task.person_id)
    if recipient is None:
        return
    if device.session_id is not None and device.session_id not in recipient.sessions:
        _end(database, device, now)
        return
    wanted = _wanted(database, task, found, recipient)
    if not wanted:
        return
    note = _note(database, people, device, recipient, wanted)
    words = pusher.write(note)
    message = Message(
        endpoint=device.endpoint,
        recipient=Recipient(device.p256dh, device.auth),
        content=content(words, note.tag, _short(key), note.ids, note.unread),
        ttl=max(int((wanted[-1].at + push_rules.LIFE - now).total_seconds()), 1),
        urgency="high" if any(push_rules.is_urgent(row.reasons) for row in wanted) else "normal",
        topic=f"{task.device_id}/{task.thread}",
    )
    try:
        pusher.sender.send(message)
    except SubscriptionGone:
        _lose(database, device, now)
    except ServiceBusy as error:
        log.info("a push service is busy: %s", error)
        _note_failure(database, device.id, now)
        _wait(database, task, wanted, now + timedelta(seconds=error.seconds))
    except MessageRefused as error:
        log.warning("a push service refused a message: %s", error)
        _note_failure(database, device.id, now)
    else:
        _note_reached(database, device.id, now)


def _held_until(
    session: Session, task: SendPush, found: Sequence[Notification], now: datetime
) -> datetime | None:
    if not found:
        return None
    quiet = mail_queries.choice_of_person(session, task.person_id).quiet_until(now)
    if quiet is not None:
        return quiet
    return push_rules.held_until(now, found[-1].at, mail_queries.last_active(session, task.person_id))


def _wait(database: Database, task: SendPush, found: Sequence[Notification], until: datetime) -> None:
    with database.writing() as session:
        push_queue.wait(session, task, [row.id for row in found], until)


def _wanted(
    database: Database, task: SendPush, found: Sequence[Notification], recipient: PushRecipient
) -> list[Notification]:
    """What the person still may see, and still wants on their devices."""
    with database.reading() as session:
        actors = {row.actor_id for row in found if row.actor_id}
        refused = recipients.refusals(session, [task.person_id], actors)
        choice = session.get(PushChoice, task.person_id)
    reasons = push_rules.reasons_of(None if choice is None else choice.reasons)
    return [
        row
        for row in found
        if may_see(recipient.viewer, row.audience)
        and push_rules.is_wanted(row.reasons, reasons)
        and refused.isdisjoint({(task.person_id, row.actor_id or ANYBODY), (task.person_id, ANYBODY)})
    ]


def _note(
    database: Database,
    people: PeopleApi,
    device: PushDevice,
    recipient: PushRecipient,
    wanted: Sequence[Notification],
) -> PushNote:
    newest = wanted[-1]
    withheld = group_of(newest.audience) is not None and not device.group_words
    actor = "" if withheld or not newest.actor_id else _name(people, recipient, newest.actor_id)
    with database.reading() as session:
        unread = queries.unread(session, recipient.viewer)
    return PushNote(
        display_language=recipient.language,
        site=recipient.site,
        what=newest.what,
        reasons=newest.reasons,
        actor=actor,
        title="" if withheld else newest.title,
        language="" if withheld else newest.language,
        excerpt="" if withheld else newest.excerpt[: push_rules.EXCERPT],
        path=letters.plain_address(newest) if withheld else newest.path,
        more=len(wanted) - 1,
        withheld=withheld,
        unread=unread,
        # The same for all messages of a subject to this device; to others it says nothing.
        tag=_short(f"{device.id}/{newest.subject}"),
        ids=[row.id for row in wanted],
    )


def _name(people: PeopleApi, recipient: PushRecipient, person_id: str) -> str:
    for card in people.cards(recipient.viewer, [person_id]):
        return card.shown_name or card.display_name or card.name
    return ""


def _short(text: str) -> str:
    """16 letters and digits that stand for a text and don't tell it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# What became of it


def _note_reached(database: Database, device_id: str, now: datetime) -> None:
    with database.writing() as session:
        if (device := session.get(PushDevice, device_id)) is not None:
            device.reached_at, device.failing_since, device.told_at = now, None, None


def _note_failure(database: Database, device_id: str, now: datetime) -> None:
    """Note that a device was not reached; its person is told once that lasts."""
    with database.writing() as session:
        device = session.get(PushDevice, device_id)
        if device is None:
            return
        if device.failing_since is None:
            device.failing_since = now
        elif device.told_at is None and now - device.failing_since >= push_rules.UNREACHED_AFTER:
            _tell(session, device, now)


def _end(database: Database, device: PushDevice, now: datetime) -> None:
    """Forget a device whose session has ended. Who was here lately has ended it; for others it ended by itself, and
    they would wait for messages."""
    if now - device.seen_at >= push_rules.AWAY_AFTER:
        _lose(database, device, now)
        return
    with database.writing() as session:
        if (found := session.get(PushDevice, device.id)) is not None:
            session.delete(found)


def _lose(database: Database, asked: PushDevice, now: datetime) -> None:
    """Forget where a device is, and tell its person by other ways; unless its browser has renewed its subscription
    meanwhile."""
    with database.writing() as session:
        device = session.get(PushDevice, asked.id, with_for_update=True)
        if device is None or device.lost_at is not None or device.endpoint != asked.endpoint:
            return
        device.lost_at = now
        device.endpoint, device.p256dh, device.auth = "", "", ""
        session.flush()
        if device.told_at is None:
            _tell(session, device, now)


def _tell(session: Session, device: PushDevice, now: datetime) -> None:
    device.told_at = now
    session.flush()
    subject = f"device/{device.id}"
    delivery.deliver(
        session,
        NotificationDraft(
            what=LOST,
            source_id=new_id(),
            at=now,
            actor_id="",
            audience=MEMBERS,
            subject=subject,
            item=subject,
            titles={"en": device.name},
            original_language="en",
            path=SETTINGS_PATH,
            direct={device.person_id: frozenset({"review"})},
            for_followers=False,
        ),
    )
