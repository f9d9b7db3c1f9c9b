"""Takes mails: each is stored, to be handled soon, before whoever hands it over is told that it was taken."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from bus.ops.fault_points import fault_point
from bus.outbox.tasks import enqueue
from core import clock
from core.database import Database, insert_or_ignore
from core.mail_addresses import BounceAddress, MailAddresses, ReplyAddress
from services.mail import rules
from services.mail.tables import IncomingMail, MailCount
from services.mail.tasks import HandleMail


class NotNow(Exception):
    """No mail can be taken now: it is to be sent again later."""


class NoSuchAddress(Exception):
    """The recipient's address is none of this site's."""


def take(
    database: Database, addresses: MailAddresses, raw: bytes, sender: str, recipients: Sequence[str]
) -> None:
    """Store a mail for each of its recipients, in one transaction that is on disk when this returns.

    One that was taken before is not stored again. Raises `NotNow`, and `NoSuchAddress`: then nothing is stored.
    """
    opened = [(recipient, addresses.open(recipient)) for recipient in recipients]
    with database.writing() as session:
        for recipient, address in opened:
            if address is None:
                raise NoSuchAddress(recipient)
            _store(session, raw, sender, recipient, address)
        fault_point("mail.before-take")
    fault_point("mail.after-take")


def _store(
    session: Session, raw: bytes, sender: str, recipient: str, address: ReplyAddress | BounceAddress
) -> None:
    task = HandleMail(mail=rules.mail_key(raw, address))
    if session.scalar(select(outbox_task.c.key).where(outbox_task.c.key == task.key())) is not None:
        return
    _count(session, address.person_id)
    row = {
        "key": task.mail, "sender": sender[:400], "recipient": recipient, "raw": raw, "received_at": clock.now(),
    }  # fmt: skip
    insert_or_ignore(session, IncomingMail.__table__, [row])  # type: ignore[arg-type]
    enqueue(session, task)


def _count(session: Session, person_id: str) -> None:
    """Count a mail to a person. Raises `NotNow` if there are too many, to them or in all."""
    # What could not be handled, and waits for an operator, keeps nobody's mail away.
    failed = exists().where(
        outbox_task.c.key == literal(HandleMail(mail="").key()) + IncomingMail.key,
        outbox_task.c.next_at.is_(None),
    )
    if (
        session.scalar(select(func.count()).select_from(IncomingMail).where(~failed)) or 0
    ) >= rules.MOST_WAITING:
        raise NotNow
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"person_id": person_id, "hour": rules.hour_of(clock.now()), "mails": 1}
    counted = insert(MailCount).values(values)
    counted = counted.on_conflict_do_update(
        index_elements=[MailCount.person_id, MailCount.hour], set_={"mails": MailCount.mails + 1}
    )
    if (session.scalar(counted.returning(MailCount.mails)) or 0) > rules.MAILS_AN_HOUR:
        raise NotNow
