"""Mails that came back: one that never can be delivered ends mail to its address, others do if they are many."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, func, select

from bus.rpc.context import idempotent
from core import clock
from core.audience import STRANGER
from core.database import Database, insert_or_ignore
from core.mail_addresses import BounceAddress
from services.mail import incoming, rules
from services.mail.sources import Sources
from services.mail.tables import IncomingMail, SoftBounce


def handle(
    database: Database, sources: Sources, mail: IncomingMail, address: BounceAddress
) -> Literal["bounce", "automatic", "nobody"]:
    """Heed what a report of a mail's delivery (RFC 3464) says. Whatever else comes to the address is no answer to
    anybody: it says that somebody is on holiday, or that their mail is late."""
    found = incoming.bounce_of(mail.raw)
    if found is None:
        return "automatic"
    author = sources.people.mail_author(address.person_id, "")
    if author is None or not address.is_of(author.email):
        return "nobody"  # or they have another address by now
    if found.kind == "hard" or _softly(database, mail, address.person_id):
        with idempotent(f"bounce/{mail.key}"):
            sources.notify.note_bounce(STRANGER, address.person_id, found.status)
        _forget(database, address.person_id)
    return "bounce"


def _softly(database: Database, mail: IncomingMail, person_id: str) -> bool:
    """Note a mail that came back for now; returns whether there were too many."""
    now = clock.now()
    with database.writing() as session:
        row = {"id": mail.key, "person_id": person_id, "at": now}
        insert_or_ignore(session, SoftBounce.__table__, [row])  # type: ignore[arg-type]
        of_person = (SoftBounce.person_id == person_id, SoftBounce.at > now - rules.SOFT_WITHIN)
        return (session.scalar(select(func.count()).select_from(SoftBounce).where(*of_person)) or 0) >= (
            rules.SOFT_BOUNCES
        )


def _forget(database: Database, person_id: str) -> None:
    """Begin to count anew: who saves their settings gets mail again."""
    with database.writing() as session:
        session.execute(delete(SoftBounce).where(SoftBounce.person_id == person_id))
