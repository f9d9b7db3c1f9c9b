"""The reads of mail about notifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.mail import MailRecipient, MailSettings, MailWhen
from contracts.notify import FollowKind, Reason
from core.audience import Viewer, group_audience, group_of
from services.notify import mail_rules
from services.notify.mail_rules import DIGESTS, Choice, Target
from services.notify.mail_texts import Reader
from services.notify.tables import (
    Follow,
    GroupByMail,
    LastActive,
    MailChoice,
    Notification,
    Refusal,
    SavedSearch,
)
from services.shared.authorisation import signed_in


def mail_settings(session: Session, viewer: Viewer) -> MailSettings:
    """When one gets which notifications by mail."""
    choice = choice_of_person(session, signed_in(viewer))
    return MailSettings(
        on=choice.on,
        by_reason={reason: choice.when(reason) for reason in get_args(Reason)},
        hour=choice.hour,
        weekday=choice.weekday,
        timezone=choice.timezone,
        quiet_from=choice.quiet_from,
        quiet_to=choice.quiet_to,
        refused=choice.refused,
    )


def choice_of_person(session: Session, person_id: str) -> Choice:
    """When a person wants mail."""
    row = session.get(MailChoice, person_id)
    return Choice() if row is None else choice_of(row)


def choice_of(row: MailChoice) -> Choice:
    """The choice that is stored in a row."""
    return Choice(
        row.on, row.by_reason, row.hour, row.timezone, row.refused, row.weekday, row.quiet_from, row.quiet_to
    )


def own_whens(session: Session, person_id: str) -> dict[Target, MailWhen]:
    """What a person follows for which they have chosen when it goes out, with that."""
    wanted = select(Follow.kind, Follow.target, Follow.mail).where(
        Follow.person_id == person_id, Follow.mail != "default"
    )
    rows = session.execute(wanted)
    return {(cast(FollowKind, row.kind), row.target): cast(MailWhen, row.mail) for row in rows}


def reader(
    session: Session, person_id: str, recipient: MailRecipient, found: Sequence[Notification]
) -> Reader:
    """Whose mail of these notifications it is, with what the mail has to respect."""
    audiences = {row.audience for row in found if group_of(row.audience) is not None}
    audiences |= {
        group_audience(each["id"]) for row in found for each in row.followed if each["kind"] == "group"
    }
    leaving = select(GroupByMail.audience).where(GroupByMail.audience.in_(sorted(audiences)))
    avoided = select(Refusal.actor_id).where(Refusal.person_id == person_id)
    searches = {each["id"] for row in found for each in row.followed if each["kind"] == "search"}
    texts = select(SavedSearch.id, SavedSearch.query).where(SavedSearch.id.in_(sorted(searches)))
    return Reader(
        person_id,
        recipient,
        frozenset(session.scalars(leaving)) if audiences else frozenset(),
        frozenset(session.scalars(avoided)),
        {row.id: row.query for row in session.execute(texts)} if searches else {},
    )


def unmailed(session: Session, person_id: str, thread: str) -> Sequence[Notification]:
    """A person's notifications that go out with a mail and did not yet, the oldest first: those that are still unread,
    and of nothing that is deleted. Of more than a digest is made of, the newest."""
    wanted = select(Notification).where(
        Notification.person_id == person_id,
        Notification.is_read.is_(False),
        Notification.hidden.is_(False),
        Notification.mailed_at.is_(None),
        Notification.mail == (thread if thread in DIGESTS else "once"),
    )
    if thread not in DIGESTS:
        wanted = wanted.where(Notification.subject == thread)
    newest = wanted.order_by(Notification.id.desc()).limit(mail_rules.DIGEST_AT_MOST)
    return session.scalars(newest).all()[::-1]


def last_mail(session: Session, person_id: str, thread: str) -> datetime | None:
    """When a mail about a subject last went out to a person."""
    of_thread = (Notification.person_id == person_id, Notification.subject == thread)
    return session.scalar(select(func.max(Notification.mailed_at)).where(*of_thread))


def last_active(session: Session, person_id: str) -> datetime | None:
    """When a person was last active on the page, if that was within a day."""
    return session.scalar(select(LastActive.at).where(LastActive.person_id == person_id))
