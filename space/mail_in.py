"""`space mail-in`: takes one mail from a pipe, such as a mail server's. Its exit codes are those of `sysexits.h`, by
which a mail server knows whether to try again."""

from __future__ import annotations

from contextlib import closing
from typing import BinaryIO

from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.mail_addresses import MailAddresses
from core.settings import Settings
from services.mail import rules
from services.mail.actions.receiving import NoSuchAddress, NotNow, take

TAKEN, TOO_LARGE, NO_SUCH_ADDRESS, LATER, NOT_SET_UP = 0, 65, 67, 75, 78
"""`EX_OK`, `EX_DATAERR`, `EX_NOUSER`, `EX_TEMPFAIL` and `EX_CONFIG`."""


def take_mail(settings: Settings, content: BinaryIO, sender: str, recipient: str) -> tuple[int, str]:
    """Take the mail; returns the exit code, and what to say of it. It is on disk where the code is 0."""
    addresses = MailAddresses.of(settings)
    if addresses is None:
        return NOT_SET_UP, "SPACE_MAIL_DOMAIN is not set: no mail is taken."
    raw = content.read(rules.MOST_BYTES + 1)
    if len(raw) > rules.MOST_BYTES:
        return TOO_LARGE, "5.3.4 the mail is too large"
    try:
        with closing(Database(settings.databases["mail"])) as database:
            take(database, addresses, raw, sender.strip("<>"), [recipient])
    except NoSuchAddress:
        return NO_SUCH_ADDRESS, "5.1.1 there is no such address"
    except (NotNow, SQLAlchemyError):
        return LATER, "4.3.0 not now, please try again later"
    return TAKEN, ""
