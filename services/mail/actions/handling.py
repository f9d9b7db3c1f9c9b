"""Handles a mail that has come in, once: what becomes of it, and that it is handled, is written in one transaction."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bus.ops.metrics import MAILS_HANDLED
from core.database import Database
from core.mail_addresses import BounceAddress, MailAddresses
from core.settings import Settings
from services.mail.actions import bounces, replies
from services.mail.sources import Sources
from services.mail.tables import IncomingMail
from services.mail.tasks import HandleMail


def handle(database: Database, settings: Settings, sources: Sources, task: HandleMail) -> None:
    """Handle the mail of a task, unless that was done, and delete it.

    Raises what makes the task be tried again: `Unavailable`, and whatever is an error of ours.
    """
    with database.reading() as session:
        mail = session.get(IncomingMail, task.mail)
    if mail is None:
        return
    addresses = MailAddresses.of(settings)
    address = None if addresses is None else addresses.open(mail.recipient)
    if address is None:
        outcome = "nobody"  # the key of its address is no longer accepted
        _end(database, mail)
    elif isinstance(address, BounceAddress):
        outcome = bounces.handle(database, sources, mail, address)
        _end(database, mail)
    else:
        reply = replies.handle(settings, sources, mail, address)
        outcome = reply.outcome
        with database.writing() as session:
            replies.note(session, mail, address, reply)
            _delete(session, mail)
    MAILS_HANDLED.labels(outcome).inc()


def _end(database: Database, mail: IncomingMail) -> None:
    with database.writing() as session:
        _delete(session, mail)


def _delete(session: Session, mail: IncomingMail) -> None:
    session.execute(delete(IncomingMail).where(IncomingMail.key == mail.key))
