"""What a mail that came in is to this service, of what `services.mail.reading` reads in it."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from bus.blocking import BlockingPool
from contracts.errors import Unavailable
from services.mail import reading

log = logging.getLogger(__name__)

_READERS = BlockingPool(at_once=1, waiting=50)
"""The worst mail takes seconds, in which others are served."""

_PICTURE = re.compile(r"!\[[^\]\n]{0,500}\]\(<?cid:[^)\n]{0,500}\)")


class Unreadable(Exception):
    """A mail can't be read. `code` is that of an error, for its author."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Incoming:
    """A reply. `to`: whom it names. `automatic`: no person wrote it. `may_be_answered`: whether a machine may.
    `text`: what is new in it, as Markdown. `attached`: something came with it that can't be posted."""

    sender: str
    to: tuple[str, ...]
    automatic: bool
    may_be_answered: bool
    text: str
    attached: bool


def read(raw: bytes, envelope_sender: str, private: Collection[str]) -> Incoming:
    """Read a reply. Words with one of `private` in them are left out: a quote may hold secrets of its reader.

    Raises `Unreadable`, and `Unavailable` where too many are read at once.
    """
    try:
        found = _READERS.run(reading.read, raw, private)
    except reading.Unreadable as error:
        raise Unreadable("mail-encrypted" if error.reason == "encrypted" else "mail-unreadable") from None
    except Unavailable:
        raise
    except Exception as error:
        # Whatever a mail makes of our code, its author is told that it was not read.
        log.exception("a mail made an error: %s", type(error).__name__)
        raise Unreadable("mail-unreadable") from None
    # A mail that nobody wants back is from a machine, whatever its head says (RFC 5321, section 4.5.5).
    automatic = bool(found.automatic) or not envelope_sender
    return Incoming(
        sender=found.sender,
        to=found.to,
        automatic=automatic,
        may_be_answered=found.may_be_answered and not automatic,
        text=_PICTURE.sub("", found.text).strip(),
        attached=bool(found.pictures or found.files or "winmail" in found.left_out),
    )


def is_authentic(raw: bytes, authserv_id: str, sender: str) -> bool:
    """Whether the operator's mail server, which calls itself `authserv_id`, found that a mail is from its sender's
    domain. One that it says nothing of is not."""
    try:
        return reading.authentication(raw, authserv_id).of(sender) == "pass"
    except reading.Unreadable:
        return False


@dataclass(frozen=True)
class Bounce:
    """A mail that came back: `hard` for good, `soft` for now. `status` is the code that says why."""

    kind: Literal["hard", "soft"]
    status: str


def bounce_of(raw: bytes) -> Bounce | None:
    """What a mail says of another one that came back; None if it says nothing of that. Raises `Unavailable`."""
    try:
        report = _READERS.run(reading.delivery_report, raw)
    except reading.Unreadable:
        return None
    except Unavailable:
        raise
    except Exception as error:
        log.exception("a mail that came back made an error: %s", type(error).__name__)
        return None
    if report is None:
        return None
    for kind in ("hard", "soft"):
        for recipient in report.recipients:
            if recipient.kind == kind:
                return Bounce(kind, recipient.status or recipient.reply)
    return None
