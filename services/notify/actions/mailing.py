"""Makes the mails about notifications when they go out, and sends them.

Nothing of what they say is stored before: what is read, deleted, of a group that the person has left, or by somebody
whom they have blocked since is not in them. Addresses, names and whole texts are asked for by calls, on behalf of the
reader.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from bus.mail.delivery import Mailer, RecipientRefused
from contracts.mail import MailWhen
from contracts.notify import FollowKind
from core import clock
from core.audience import Viewer, may_see
from core.database import Database, insert_or_ignore
from core.settings import Settings
from services.notify import letters, mail_queries, mail_rules, returning
from services.notify.actions import mail_queue, recipients
from services.notify.mail_links import MailLinks
from services.notify.mail_rules import DIGESTS, Choice, Target, digest_of, own_when
from services.notify.mail_texts import Reader, Sources
from services.notify.tables import ANYBODY, MailWaiting, Notification
from services.notify.tasks import SendMail

log = logging.getLogger(__name__)


def send(
    database: Database, mailer: Mailer, sources: Sources, settings: Settings, task: SendMail, key: str
) -> None:
    """Send the mail of a task, unless there is nothing to tell, or it is held further."""
    with database.reading() as session:
        found = mail_queries.unmailed(session, task.person_id, task.thread)
        choice = mail_queries.choice_of_person(session, task.person_id)
        until = _held_until(session, task, found, choice)
    if not found:
        return
    if until is not None:
        with database.writing() as session:
            _wait(session, task, until)
        return
    recipient = sources.people.mail_recipient(task.person_id)
    if recipient is not None:
        with database.reading() as session:
            reader = mail_queries.reader(session, task.person_id, recipient, found)
            own = mail_queries.own_whens(session, task.person_id)
        wanted = [row for row in found if _is_wanted(row, reader, choice, own)]
        if wanted:
            _send(database, mailer, sources, settings, task, key, reader, wanted)
    with database.writing() as session:
        _note(session, found)


def _held_until(
    session: Session, task: SendMail, found: Sequence[Notification], choice: Choice
) -> datetime | None:
    if not found or (quiet := choice.quiet_until(clock.now())) is not None:
        return quiet if found else None
    if task.thread in DIGESTS:
        return None
    last = mail_queries.last_mail(session, task.person_id, task.thread)
    active = mail_queries.last_active(session, task.person_id)
    return mail_rules.held_until(clock.now(), found[0].at, last, active)


def _wait(session: Session, task: SendMail, until: datetime) -> None:
    """Make the mail later; if something has come meanwhile, with that."""
    row = {"person_id": task.person_id, "thread": task.thread, "due_at": until}
    insert_or_ignore(session, MailWaiting.__table__, [row])  # type: ignore[arg-type]


def _is_wanted(row: Notification, reader: Reader, choice: Choice, own: Mapping[Target, MailWhen]) -> bool:
    """Whether the person still may see it, and still wants it by mail."""
    return (
        may_see(reader.recipient.viewer, row.audience)
        and choice.when_for(row.reasons, own_when(_followed(row), own)) != "page"
        and reader.avoided.isdisjoint({row.actor_id or ANYBODY, ANYBODY})
    )


def _send(
    database: Database,
    mailer: Mailer,
    sources: Sources,
    settings: Settings,
    task: SendMail,
    key: str,
    reader: Reader,
    wanted: Sequence[Notification],
) -> None:
    digest, links = digest_of(task.thread), MailLinks.of(settings)
    if digest is None:
        written = letters.about(sources, links, reader, wanted)
    else:
        written = letters.of_time(sources, links, reader, wanted, digest)
    if written is None:
        return
    head = letters.head(written, wanted[0], settings.base_url)
    written, head = returning.addressed(settings, task.person_id, reader.recipient.email, written, head)
    date = task.due_at if digest is not None else wanted[0].at
    try:
        mailer.send_letter(written, reader.recipient.email, key, date, head)
    except RecipientRefused as error:
        _note_refusal(database, task.person_id, error)


def _followed(row: Notification) -> list[Target]:
    return [(cast(FollowKind, each["kind"]), each["id"]) for each in row.followed]


def _note_refusal(database: Database, person_id: str, error: RecipientRefused) -> None:
    """Nothing for an operator to mend. The person is told on the page, and gets no more until they have seen it."""
    log.info("a mail about notifications was refused: %s", error)
    with database.writing() as session:
        _end(session, person_id, str(error).rpartition(": ")[2])


def note_bounce(session: Session, viewer: Viewer, person_id: str, status: str) -> None:
    """End mail to a person whose address takes none any more, as `_note_refusal` does. Nothing for who has vanished."""
    if (person_id, ANYBODY) not in recipients.refusals(session, [person_id], ()):
        _end(session, person_id, status)


def _end(session: Session, person_id: str, code: str) -> None:
    mail_queue.own_choice(session, person_id).refused = code[:20]


def _note(session: Session, found: Sequence[Notification]) -> None:
    """Note that these need no mail any more."""
    ids = [row.id for row in found]
    session.execute(update(Notification).where(Notification.id.in_(ids)).values(mailed_at=clock.now()))
