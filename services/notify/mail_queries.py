"""The reads of mail about notifications."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast, get_args

from sqlalchemy import bindparam, func, select
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

# Each mail asks for these: to build them anew took half of its time.
_MINE = Notification.person_id == bindparam("person")
_UNMAILED = (
    select(Notification)
    .where(
        _MINE,
        Notification.is_read.is_(False),
        Notification.hidden.is_(False),
        Notification.mailed_at.is_(None),
        Notification.mail == bindparam("mail"),
    )
    .order_by(Notification.id.desc())
    .limit(mail_rules.DIGEST_AT_MOST)
)
_OF_SUBJECT = Notification.subject == bindparam("subject")
_UNMAILED_OF_SUBJECT = _UNMAILED.where(_OF_SUBJECT)
_LAST_MAIL = select(func.max(Notification.mailed_at)).where(_MINE, _OF_SUBJECT)
_LAST_ACTIVE = select(LastActive.at).where(LastActive.person_id == bindparam("person"))
_OWN_WHENS = select(Follow.kind, Follow.target, Follow.mail).where(
    Follow.person_id == bindparam("person"), Follow.mail != "default"
)
_AVOIDED = select(Refusal.actor_id).where(Refusal.person_id == bindparam("person"))


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
    rows = session.execute(_OWN_WHENS, {"person": person_id})
    return {(cast(FollowKind, row.kind), row.target): cast(MailWhen, row.mail) for row in rows}


def reader(
    session: Session, person_id: str, recipient: MailRecipient, found: Sequence[Notification]
) -> Reader:
    """Whose mail of these notifications it is, with what the mail has to respect."""
    audiences = {row.audience for row in found if group_of(row.audience) is not None}
    audiences |= {
        group_audience(each["id"]) for row in found for each in row.followed if each["kind"] == "group"
    }
    searches = {each["id"] for row in found for each in row.followed if each["kind"] == "search"}
    return Reader(
        person_id,
        recipient,
        _leaving(session, audiences) if audiences else frozenset(),
        frozenset(session.scalars(_AVOIDED, {"person": person_id})),
        _texts(session, searches) if searches else {},
    )


def _leaving(session: Session, audiences: Collection[str]) -> frozenset[str]:
    wanted = select(GroupByMail.audience).where(GroupByMail.audience.in_(sorted(audiences)))
    return frozenset(session.scalars(wanted))


def _texts(session: Session, searches: Collection[str]) -> dict[str, str]:
    wanted = select(SavedSearch.id, SavedSearch.query).where(SavedSearch.id.in_(sorted(searches)))
    return {row.id: row.query for row in session.execute(wanted)}


def unmailed(session: Session, person_id: str, thread: str) -> Sequence[Notification]:
    """A person's notifications that go out with a mail and did not yet, the oldest first: those that are still unread,
    and of nothing that is deleted. Of more than a digest is made of, the newest."""
    if thread in DIGESTS:
        newest = session.scalars(_UNMAILED, {"person": person_id, "mail": thread})
    else:
        given = {"person": person_id, "mail": "once", "subject": thread}
        newest = session.scalars(_UNMAILED_OF_SUBJECT, given)
    return newest.all()[::-1]


def last_mail(session: Session, person_id: str, thread: str) -> datetime | None:
    """When a mail about a subject last went out to a person."""
    return session.scalar(_LAST_MAIL, {"person": person_id, "subject": thread})


def last_active(session: Session, person_id: str) -> datetime | None:
    """When a person was last active on the page, if that was within a day."""
    return session.scalar(_LAST_ACTIVE, {"person": person_id})
