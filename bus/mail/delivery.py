"""Delivers mail by SMTP, or into a folder where no server is set."""

from __future__ import annotations

import logging
import os
import smtplib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from bus.mail.connections import Connections, Pace, reply_code
from bus.mail.copies import Copies
from bus.mail.message import (
    POLICY,
    USUAL,
    Encoding,
    MailHead,
    MailText,
    WriteMail,
    build_message,
    mail_name,
)
from bus.outbox.tasks import Outage, PermanentFailure
from contracts.mail import Letter
from contracts.mail_in import ReplyNotice
from core import clock
from core.mail_server import MailServer, parse_sender
from core.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT = 20.0
"""Seconds for each step of the conversation with the server."""

KEPT = timedelta(days=90)
"""How long mails stay in a folder."""


class Delivery(Protocol):
    """Hands one message over. `encoding`: how the message's texts are to be written. `sender`: the envelope's, None for
    that of all mail, `""` for none.

    Raises `Outage` if nothing can be delivered now, `PermanentFailure` if this message never can (`RecipientRefused`:
    because of its address), and anything else if it may be later.
    """

    encoding: Encoding

    def deliver(
        self, message: EmailMessage | bytes, recipient: str, key: str, sender: str | None = None
    ) -> None: ...

    def purge(self) -> None:
        """Delete what was delivered so long ago that nobody needs it (`KEPT`), where it is kept at all."""


class Mailer:
    """Words a mail and delivers it: to be called by the handlers of outbox tasks."""

    def __init__(
        self,
        settings: Settings,
        write: WriteMail,
        write_letter: Callable[[Letter], MailText] | None = None,
        write_notice: Callable[[ReplyNotice], MailText] | None = None,
    ) -> None:
        self._write = write
        self._write_letter = write_letter
        self._write_notice = write_notice
        self._sender = parse_sender(settings.mail_from)
        self._delivery = delivery_of(settings)
        self._copies = Copies()

    def send(
        self, template: str, language: str, params: Mapping[str, str], to: str, key: str, date: datetime
    ) -> None:
        """Send one mail to one address; see `build_message` and `Delivery`."""
        self.send_text(self._write(template, language, params), to, key, date)

    def send_letter(self, letter: Letter, to: str, key: str, date: datetime, head: MailHead = USUAL) -> None:
        """Send one mail about notifications to one address. Raises `Outage` in a process without their words.

        Letters that differ in nothing but what is their reader's own (`MailHead.own`) are worded once.
        """
        write = self._write_letter
        if write is None:
            raise Outage("this process has no words for notifications")
        if not (head.id and head.own and to.isascii()):
            self.send_text(write(letter), to, key, date, head)
            return

        def make() -> bytes:
            return self._message(write(letter), to, key, date, head).as_bytes(policy=POLICY)

        # The envelope is no part of the message.
        alike = _without(repr(replace(head, envelope_sender=None)), head.own)
        content = f"{letter.model_copy(update={'stop': ''}).model_dump_json()}\n{alike}\n{date.isoformat()}"
        message = self._copies.copy(content, to, head.own, make)
        self._delivery.deliver(message, to, key, head.envelope_sender)

    def send_notice(self, notice: ReplyNotice, to: str, key: str, date: datetime, head: MailHead) -> None:
        """Send what is said of a reply that came by mail. Raises `Outage` in a process without the words."""
        if self._write_notice is None:
            raise Outage("this process has no words for replies")
        self.send_text(self._write_notice(notice), to, key, date, head)

    def send_text(self, text: MailText, to: str, key: str, date: datetime, head: MailHead = USUAL) -> None:
        """`send` for a mail that is worded already."""
        message = self._message(text, to, key, date, head)
        self._delivery.deliver(message, to, key, head.envelope_sender)

    def _message(self, text: MailText, to: str, key: str, date: datetime, head: MailHead) -> EmailMessage:
        try:
            return build_message(text, self._sender, to, key, date, self._delivery.encoding, head)
        except ValueError as error:
            raise PermanentFailure(str(error)) from None

    def purge(self) -> None:
        """See `Delivery`."""
        self._delivery.purge()


class FolderDelivery:
    """Writes each message to a file of its own, which only the operator's account can read. Its texts are written as
    they are, so that a link can be copied from it."""

    encoding: Encoding = "8bit"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(
        self, message: EmailMessage | bytes, recipient: str, key: str, sender: str | None = None
    ) -> None:
        """Write the file, in one step: a second attempt replaces it by an equal one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{mail_name(key)}.eml"
        unfinished = path.with_suffix(".part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message if isinstance(message, bytes) else message.as_bytes(policy=POLICY))
        unfinished.replace(path)
        log.info("a mail was written to %s", path)

    def purge(self) -> None:
        """Delete the files of mails that are older than `KEPT`, also unfinished ones."""
        over = (clock.now() - KEPT).timestamp()
        for path in (*self.folder.glob("*.eml"), *self.folder.glob("*.part")):
            with suppress(FileNotFoundError):  # somebody else was faster
                if path.stat().st_mtime < over:
                    path.unlink()


class SmtpDelivery:
    """Hands each message to a mail server: many by one connection, and no more than `per_second` (0: any number).

    smtplib waits in sockets of the standard library, which are eventlet's in a process of services: others go on.
    """

    encoding: Encoding = "quoted-printable"

    def __init__(
        self, server: MailServer, sender: Address, timeout: float = TIMEOUT, per_second: float = 0.0
    ) -> None:
        self._sender = sender.addr_spec
        # The name that we greet with: that of the sender, for to ask for the machine's own may take long.
        name = sender.domain if sender.domain.isascii() else "localhost"
        self._connections = Connections(server, name, timeout)
        self._pace = Pace(per_second)

    def deliver(
        self, message: EmailMessage | bytes, recipient: str, key: str, sender: str | None = None
    ) -> None:
        """Send it. A refusal is told by its code alone, since servers repeat addresses in their words."""
        envelope_sender = self._sender if sender is None else sender
        is_ascii = (self._sender + recipient).isascii()
        content = message
        if not isinstance(content, bytes):
            content = content.as_bytes(policy=POLICY.clone(utf8=not is_ascii))
        self._pace.wait()
        with self._connections.connection() as client:
            options = []
            if not is_ascii:
                if not client.has_extn("smtputf8"):
                    raise PermanentFailure("the mail server takes addresses in ASCII alone")
                options = ["SMTPUTF8", "BODY=8BITMIME"]
            try:
                client.sendmail(envelope_sender, [recipient], content, mail_options=options)
            except smtplib.SMTPSenderRefused as error:
                raise Outage(
                    f"the sender was refused: {reply_code(error.smtp_code, error.smtp_error)}"
                ) from None
            except smtplib.SMTPRecipientsRefused as error:
                code, words = next(iter(error.recipients.values()))
                raise _refusal("the recipient", code, words, RecipientRefused) from None
            except smtplib.SMTPDataError as error:
                raise _refusal("the message", error.smtp_code, error.smtp_error) from None
            except (OSError, smtplib.SMTPException) as error:
                raise Outage(f"the connection to the mail server broke: {type(error).__name__}") from None

    def purge(self) -> None:
        """Nothing: the server keeps what it keeps."""


class RecipientRefused(PermanentFailure):
    """The server says for good that there is no such recipient, or takes nothing for them: the fault of an address, so
    who asked for the mail can be told."""


class TemporaryRefusal(Exception):
    """The server refused one message for now, such as by greylisting: it is sent again later."""


def _without(text: str, strings: Sequence[str]) -> str:
    for number, each in enumerate(strings):
        text = text.replace(each, f"<{number}>")
    return text


def delivery_of(settings: Settings) -> Delivery:
    """By SMTP where a server is set, else into `SPACE_HOME/mail`."""
    if settings.mail_url is None:
        return FolderDelivery(mail_folder(settings))
    server, sender = MailServer.parse(settings.mail_url), parse_sender(settings.mail_from)
    return SmtpDelivery(server, sender, per_second=settings.mail_rate)


def mail_folder(settings: Settings) -> Path:
    """Where mail is written while no server is set."""
    return settings.home / "mail"


def _refusal(
    what: str, code: int, words: bytes | str, for_good: type[PermanentFailure] = PermanentFailure
) -> Exception:
    """By RFC 5321 the first digit says whether it may work later. 421: the server closes, for all."""
    said = f"{what} was refused: {reply_code(code, words)}"
    if code == 421:
        return Outage(said)
    return for_good(said) if code >= 500 else TemporaryRefusal(said)
