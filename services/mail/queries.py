"""The reads of mail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts import mail_in as views
from contracts.errors import NotFound
from core import clock
from services.mail import rules
from services.mail.tables import HeldReply

HELD_PATH = "/mail/held/"
"""Where the pages of held replies are, before the tokens of their links."""


def known(session: Session, held_id: str) -> HeldReply:
    """A reply that is held. Raises `NotFound("mail-link-unknown")`, also for one that was held for long enough."""
    held = session.get(HeldReply, held_id)
    if held is None or held.received_at < clock.now() - rules.HELD_FOR:
        raise NotFound("mail-link-unknown")
    return held


def view(held: HeldReply) -> views.HeldReply:
    """What its link shows of it."""
    return views.HeldReply(
        topic_id=held.topic_id,
        body=held.body,
        code=held.code,
        params=held.params,
        received_at=held.received_at,
        until=held.received_at + rules.HELD_FOR,
        post_id=held.post_id,
        waits=held.waits,
    )
