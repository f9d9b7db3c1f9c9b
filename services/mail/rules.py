"""The decisions of mail that comes in: how much is taken, by what a mail is known, and what ends mail to an address."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from contracts.errors import Invalid, SpaceError
from core.mail_addresses import BounceAddress, ReplyAddress

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
"""So many notices about their replies go to one person in a day: what answers mail by itself, and does not say so, must
not have us answer it for ever."""

OTHER_ADDRESS = "mail-other-address"
"""The code of a reply that came from an address that is not the person's."""

NOTICES_OF_OTHERS_A_DAY = 3
"""So many notices about such replies, which may be anybody's who knows the address for replies."""

MOST_HELD_OF_OTHERS = 50
"""So many of them are held for one person; further ones are dropped."""

SOFT_BOUNCES, SOFT_WITHIN = 5, timedelta(days=30)
"""After so many mails that came back for now within this time an address counts as one that takes none."""

MOST_LETTERS = 50_000
"""The longest text of a post (`contracts.common.Body`)."""

_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE
)
_PLAIN_ID = re.compile(rb"<[!-;=?-~]{1,250}>")
_HEAD_BYTES = 65_536


def _message_ids(raw: bytes) -> list[bytes]:
    head = re.split(rb"\r?\n\r?\n", raw[:_HEAD_BYTES], maxsplit=1)[0]
    return _MESSAGE_ID.findall(head)


def message_id(raw: bytes) -> bytes:
    """The `Message-ID` of a mail, `b""` for one without."""
    return next(iter(_message_ids(raw)), b"")


def has_several_ids(raw: bytes) -> bool:
    """Whether a mail has more than one `Message-ID`: one was put above that of a mail which was sent before."""
    return len(_message_ids(raw)) > 1


def answered_id(raw: bytes) -> str:
    """The `Message-ID` of a mail as the head of another one may hold it, `""` where it may not: encoded words (RFC
    2047) would be read in it."""
    found = message_id(raw)
    return found.decode("ascii") if _PLAIN_ID.fullmatch(found) and b"=?" not in found else ""


def mail_key(raw: bytes, address: ReplyAddress | BounceAddress) -> str:
    """32 hex digits by which a mail to one address is known, however that is written: of its `Message-ID`, and of all
    of it where it has none."""
    known_by = message_id(raw) or hashlib.sha256(raw).digest()
    return hashlib.sha256(repr(address).encode() + b"\0" + known_by).hexdigest()[:32]


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def code_of(error: SpaceError) -> tuple[str, dict[str, str | int]]:
    """The code that says why a text was refused, with its params: that of the first fault, where there is one."""
    if isinstance(error, Invalid) and error.faults:
        return error.faults[0].code, error.faults[0].params
    return error.code, error.params
