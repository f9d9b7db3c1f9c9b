"""The decisions of mail that comes in: how much is taken, by what a mail is known, and what ends mail to an address."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from contracts.errors import Invalid, SpaceError

MOST_BYTES = 10_000_000
"""The largest mail that is taken."""

MOST_RECIPIENTS = 20
"""So many recipients one conversation may name for a mail."""

MAILS_AN_HOUR = 60
"""So many mails to the addresses of one person are taken in an hour; further ones are to be sent again later."""

MOST_WAITING = 5_000
"""While so many mails wait to be handled no further one is taken."""

UNHANDLED_KEPT = timedelta(days=30)
"""How long a mail is kept that can't be handled."""

HELD_FOR = timedelta(days=14)
"""How long a reply is held that was not posted."""

NOTICES_A_DAY = 20
"""So many notices about replies go to one person in a day: what answers mail by itself, and does not say so, must not
have us answer it for ever."""

SOFT_BOUNCES, SOFT_WITHIN = 5, timedelta(days=30)
"""After so many mails that came back for now within this time an address counts as one that takes none."""

MOST_LETTERS = 50_000
"""The longest text of a post (`contracts.common.Body`)."""

_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE
)
_HEAD_BYTES = 65_536


def message_id(raw: bytes) -> bytes:
    """The `Message-ID` of a mail, `b""` for one without."""
    head = re.split(rb"\r?\n\r?\n", raw[:_HEAD_BYTES], maxsplit=1)[0]
    found = _MESSAGE_ID.search(head)
    return found[1] if found else b""


def mail_key(raw: bytes, recipient: str) -> str:
    """32 hex digits by which a mail to one recipient is known: of its `Message-ID`, and of all of it where it has
    none."""
    known_by = message_id(raw) or hashlib.sha256(raw).digest()
    return hashlib.sha256(recipient.lower().encode() + b"\0" + known_by).hexdigest()[:32]


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def code_of(error: SpaceError) -> tuple[str, dict[str, str | int]]:
    """The code that says why a text was refused, with its params: that of the first fault, where there is one."""
    if isinstance(error, Invalid) and error.faults:
        return error.faults[0].code, error.faults[0].params
    return error.code, error.params
