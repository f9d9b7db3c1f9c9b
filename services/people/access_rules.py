"""Decisions of people about mail addresses, the links that are sent to them, and second factors."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Literal

from contracts.errors import NotFound, invalid
from services.shared.limits import Allowance

RESETS_OF_A_PEER = Allowance(burst=20, every=timedelta(minutes=1))
"""Requests for a link that sets a password, from one network."""

MAILS_OF_AN_ACCOUNT = Allowance(burst=5, every=timedelta(minutes=10))
"""Links of one purpose to one address for one account. They work for longer than it takes to get the next one, so who
makes us send many to somebody can't keep them from having one that works."""

CONFIRMATIONS_OF_AN_ADDRESS = Allowance(burst=20, every=timedelta(minutes=5))
"""Links to one address for all accounts that want it: more than one account may ask for, so that whose address it is
gets theirs beside a stranger's."""

LINKS_KEPT = 30
"""Links of one purpose to one person that work at a time."""

LinkPurpose = Literal["confirm", "reset"]
LINK_LIFE: dict[LinkPurpose, timedelta] = {"confirm": timedelta(hours=24), "reset": timedelta(hours=1)}
LINK_PATH: dict[LinkPurpose, str] = {"confirm": "/sign-in/confirm/", "reset": "/sign-in/reset/"}
ACCOUNTS_OF_AN_ADDRESS = 5
"""Of accounts with the same address, so many get a link."""

CHALLENGE_LIFE = timedelta(minutes=10)
"""How long a sign-in waits for the code of a second factor."""

RECOVERY_CODES = 10
PASSKEYS_EACH = 20

KEPT_FORM_LIFE = timedelta(hours=1)
KEPT_FORMS_OF_A_PEER = Allowance(burst=20, every=timedelta(minutes=1))
"""Forms that are kept for strangers of one network while they sign in elsewhere."""

_PART = r"""[^@\s.<>()\[\],;:\\"\x00-\x1f\x7f]+"""
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_PART}(\.{_PART})*@{_PART}(\.{_PART})+")


def checked_email(email: str | None) -> str | None:
    """The address, or None for an empty one. Raises `email-shape`; whether it can be reached is not checked.

    What would be more than one address in a mail's header is none.
    """
    email = unicodedata.normalize("NFC", (email or "").strip())
    if not email:
        return None
    if not _ADDRESS.fullmatch(email) or not email.isprintable():
        raise invalid("email", "email-shape")
    return email


def email_key(email: str) -> str:
    """What an address is found by, however its letters' case is typed."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def link_holds(purpose: LinkPurpose, sent_to: str, email: str | None, new_email: str | None) -> bool:
    """Whether a link that was sent to an address still means the account: by the address that it has, or wants."""
    return sent_to == (new_email if purpose == "confirm" else email)


def link_over() -> NotFound:
    """What a link gets that was used, is too old, or never was."""
    return NotFound("link-over")


def typed_code(code: str) -> str:
    """A code of a second factor as it is compared: digits of any script as 0 to 9, without spaces and dashes."""
    plain = unicodedata.normalize("NFKC", code).lower()
    digits = (str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)
    return "".join(each for each in digits if each.isalnum())
