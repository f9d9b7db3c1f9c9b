"""Puts off what goes out by mail until it is due, so that what comes meanwhile goes out with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bus.outbox.tasks import counts_as_done
from contracts.mail import MailSettings, MailWhen, SetMailSettings
from core import clock
from core.audience import Viewer
from core.columns import one_of, texts_of
from core.database import insert_or_ignore
from services.notify import mail_queries, mail_rules
from services.notify.actions.inserts import insert_waiting
from services.notify.mail_rules import DIGESTS, Choice, Target, own_when
from services.notify.rules import NotificationDraft
from services.notify.tables import LastActive, MailChoice
from services.shared.authorisation import owner

_ACTIVE_KEPT = timedelta(days=1)


def choose(
    session: Session,
    drafts: Sequence[tuple[NotificationDraft, list[dict[str, Any]]]],
    own: Mapping[str, Mapping[Target, MailWhen]],
) -> None:
    """Say in each row of a new notification when it goes out by mail: the rows of each draft, whose columns of JSON are
    text. `own`: what people have chosen for something that they follow. What is replayed, imported or old goes out by
    no mail."""
    now = clock.now()
    mailed = [
        (draft, rows)
        for draft, rows in drafts
        if rows and not counts_as_done() and draft.at >= now - mail_rules.MAILED_WITHIN
    ]
    choices = choices_of(session, {row["person_id"] for _, rows in mailed for row in rows})
    usual, reasons_in = Choice(), cache(json.loads)
    # Most of a crowd have made no choice, and are notified for the same reasons.
    usual_when = cache(lambda reasons: usual.when_for(reasons_in(reasons)))
    usual_due = cache(lambda when: usual.due(when, now))
    waiting: dict[tuple[str, str], dict[str, Any]] = {}
    for draft, rows in mailed:
        for row in rows:
            person_id = row["person_id"]
            choice, theirs = choices.get(person_id), own.get(person_id)
            if choice or theirs:
                followed = (
                    [(each["kind"], each["id"]) for each in json.loads(row["followed"])] if theirs else []
                )
                own_one = own_when(followed, theirs or {})
                when = (choice or usual).when_for(reasons_in(row["reasons"]), own_one)
            else:
                when = usual_when(row["reasons"])
            if when == "page":
                continue
            row["mail"] = when
            thread = when if when in DIGESTS else draft.subject
            key = (person_id, thread)
            if key not in waiting:
                due = choice.due(when, now) if choice else usual_due(when)
                waiting[key] = {"person_id": person_id, "thread": thread, "due_at": due}
    # In one order, so that two transactions never wait for each other.
    insert_waiting(session, [waiting[key] for key in sorted(waiting)])


def choices_of(session: Session, people: Collection[str]) -> dict[str, Choice]:
    """The choices of those of these people who have made one."""
    if not people:
        return {}
    rows = session.scalars(select(MailChoice).where(one_of(MailChoice.person_id, texts_of(people))))
    return {row.person_id: mail_queries.choice_of(row) for row in rows}


def note_active(session: Session, person_id: str) -> None:
    """Note that a person is active on the page."""
    session.merge(LastActive(person_id=person_id, at=clock.now()))


def purge_last_active(session: Session) -> None:
    """Delete when people were last active, but of the last day."""
    session.execute(delete(LastActive).where(LastActive.at < clock.now() - _ACTIVE_KEPT))


def set_mail_settings(session: Session, viewer: Viewer, command: SetMailSettings) -> MailSettings:
    """Set when one wants which notifications by mail. Raises `Invalid` with the fault `timezone-unknown`."""
    person_id = owner(viewer)
    mail_rules.checked_timezone(command.timezone)
    row = own_choice(session, person_id)
    chosen = mail_rules.changed(mail_queries.choice_of(row), command)
    row.on, row.hour, row.timezone, row.refused = chosen.on, chosen.hour, chosen.timezone, chosen.refused
    row.weekday, row.quiet_from, row.quiet_to = chosen.weekday, chosen.quiet_from, chosen.quiet_to
    row.by_reason = dict(chosen.by_reason or {})
    session.flush()
    return mail_queries.mail_settings(session, viewer)


def own_choice(session: Session, person_id: str) -> MailChoice:
    """A person's choice, locked, to be changed: the default where they have none."""
    usual = Choice()
    row = {
        "person_id": person_id, "is_on": usual.on, "by_reason": {}, "hour": usual.hour, "timezone": usual.timezone,
    }  # fmt: skip
    insert_or_ignore(session, MailChoice.__table__, [row])  # type: ignore[arg-type]
    return session.get_one(MailChoice, person_id, with_for_update=True, populate_existing=True)
