"""Where what comes back of a mail goes: the reader's reply into its topic, and the mail itself where it can't be
delivered."""

from __future__ import annotations

from dataclasses import replace

from bus.mail.message import MailHead
from contracts.mail import Letter
from core.mail_addresses import MailAddresses
from core.settings import Settings

_TOPIC = "topic/"


def addressed(
    settings: Settings, person_id: str, email: str, letter: Letter, head: MailHead
) -> tuple[Letter, MailHead]:
    """The letter and its head with these addresses, where Space takes mail. A letter is replied to if it is about a
    topic, and shows something of it."""
    addresses = MailAddresses.of(settings)
    if addresses is None:
        return letter, head
    head = replace(head, envelope_sender=addresses.for_bounce(person_id, email))
    subject = letter.items[0].subject if letter.items and letter.digest is None else ""
    if not subject.startswith(_TOPIC):
        return letter, head
    reply_to = addresses.for_reply(person_id, subject.removeprefix(_TOPIC))
    own = reply_to.partition("@")[0].partition("+")[2]
    head = replace(head, reply_to=reply_to, own=(*head.own, own))
    return letter.model_copy(update={"may_reply": True}), head
