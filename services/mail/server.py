"""The server that takes mail by LMTP or SMTP, in a process of its own (`space.mail_server`): it runs on asyncio, which
does not go together with the greenlets of services.

A mail is on disk before 250 is said. Nothing is done with it here: the service handles it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from core import mail_server
from core.database import Database
from core.mail_addresses import MailAddresses
from services.mail import rules
from services.mail.actions.receiving import NoSuchAddress, NotNow, take

log = logging.getLogger(__name__)

SECONDS = 60.0
"""How long a client may say nothing."""

MOST_CONNECTIONS = 30
"""Each may have a mail in memory."""

LONGEST_LINE = 20_000
"""Octets. The standard allows 1,000, and not every program keeps to it."""

WRITERS = 8
"""So many mails are stored at the same time, which share the work of the disk."""

_NOBODY = "550 5.1.1 there is no such address"
_LATER = "451 4.3.0 not now, please send it again later"
_TOO_MANY = "452 4.5.3 too many recipients"


class Taker:
    """The hooks of aiosmtpd: refuses unknown recipients, and stores mails."""

    def __init__(self, database: Database, addresses: MailAddresses, most_recipients: int) -> None:
        self._database = database
        self._addresses = addresses
        self._most_recipients = most_recipients
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="mail")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._addresses.open(address) is None:
            return _NOBODY
        if len(envelope.rcpt_tos) >= self._most_recipients:
            return _TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        # A null sender is written `<>`.
        sender = (envelope.mail_from or "").strip("<>")
        store = partial(take, self._database, self._addresses, envelope.content, sender, envelope.rcpt_tos)
        return await asyncio.get_running_loop().run_in_executor(self._writers, _answer, store)


def _answer(store: Callable[[], None]) -> str:
    """What is said of a mail when it is stored, or could not be. No address is logged."""
    try:
        store()
    except NoSuchAddress:
        return _NOBODY
    except NotNow:
        return _LATER
    except ValueError:  # PostgreSQL stores no NUL
        return _NOBODY
    except SQLAlchemyError as error:
        log.warning("a mail can't be stored: %s", type(error).__name__)
        return _LATER
    return "250 2.0.0 it is on disk"


class _Counted(SMTP):
    """A conversation that counts as open until its connection is closed."""

    line_length_limit = LONGEST_LINE
    open_ones: set[SMTP]

    def connection_lost(self, error: Exception | None) -> None:
        self.open_ones.discard(self)
        super().connection_lost(error)


class _Lmtp(_Counted, LMTP):
    pass


class _Smtp(_Counted):
    pass


class _Busy(asyncio.Protocol):
    """Says that it is too much, and hangs up."""

    def connection_made(self, transport: Any) -> None:
        transport.write(b"421 4.3.2 too many connections, please come back later\r\n")
        transport.close()


async def serve(
    listener: socket.socket,
    protocol: mail_server.Protocol,
    database: Database,
    addresses: MailAddresses,
    ended: asyncio.Event,
) -> None:
    """Take mail at `listener` until `ended` is set. Conversations that are in the middle then are cut, and the other
    server sends its mail again."""
    # It writes addresses and contents into its log.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    # LMTP (RFC 2033) answers for each recipient, and aiosmtpd once: so each gets a mail of its own.
    taker = Taker(database, addresses, 1 if protocol == "lmtp" else rules.MOST_RECIPIENTS)
    kind = _Lmtp if protocol == "lmtp" else _Smtp
    open_ones: set[SMTP] = set()
    loop = asyncio.get_running_loop()

    def conversation() -> asyncio.Protocol:
        if len(open_ones) >= MOST_CONNECTIONS:
            return _Busy()
        made = kind(
            taker,
            data_size_limit=rules.MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Space",
            timeout=SECONDS,
            loop=loop,
        )
        made.open_ones = open_ones
        open_ones.add(made)
        return made

    server = await loop.create_server(conversation, sock=listener)
    await ended.wait()
    server.close()
