"""Decisions about messages to the moderators: their codes, how many there may be, and how long they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from contracts.contact import ContactState
from contracts.errors import Conflict, Forbidden, TooMany

DIGITS = 16
LOOKUP = 4
"""So many digits of a code find its row; the other twelve are the secret."""

KEPT = timedelta(days=90)
"""How long a conversation is kept after its last word."""

SHOWN = 50
"""So many messages are open cases at a time. Others are held until some of these are closed, the oldest first."""

WAITING = 500
"""With so many that are held, new ones are refused."""

MOST = 5000
"""So many conversations are kept: a code's lookup finds a free one among 10,000."""

UNANSWERED = 10
"""Messages of one writer in a row."""

SECONDS_FULL = 3600
"""After so long somebody may try again who was refused."""


def parts_of(digits: str) -> tuple[str, str]:
    """The lookup and the secret of a code (`access_rules.typed_code`). Raises `Forbidden("contact-code-wrong")`."""
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise wrong_code()
    return digits[:LOOKUP], digits[LOOKUP:]


def wrong_code() -> Forbidden:
    """What a code gets that never was, is mistyped, or whose conversation is purged."""
    return Forbidden("contact-code-wrong")


def check_not_full(held: int, kept: int) -> None:
    """Raise `TooMany("contact-full")` to a new conversation while there are too many."""
    if held >= WAITING or kept >= MOST:
        raise TooMany("contact-full", params={"seconds": SECONDS_FULL})


def check_more(by_writer: Sequence[bool]) -> None:
    """Raise `Conflict("contact-unanswered")` if the last messages, the newest first, are many of the writer's."""
    if len(by_writer) >= UNANSWERED and all(by_writer[:UNANSWERED]):
        raise Conflict("contact-unanswered", params={"most": UNANSWERED})


def state(last_is_writers: bool, case_open: bool, held: bool) -> ContactState:
    """How a conversation stands to its writer."""
    if not last_is_writers:
        return "answered"
    return "waiting" if case_open or held else "closed"
