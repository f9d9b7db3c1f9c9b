"""`space mail`: sends a test mail, so that an operator knows that mail arrives, or shows those of the folder."""

from __future__ import annotations

from email import message_from_bytes, policy
from html import escape

from bus.mail.delivery import TemporaryRefusal, mail_folder
from bus.mail.message import MailText
from bus.outbox.tasks import Outage, PermanentFailure
from core import clock
from core.ids import new_id
from core.mail_server import MailServer
from core.settings import Settings
from space.wiring import mailer

_SHOWN = ("To", "From", "Subject", "Date")


def last_mails(settings: Settings, count: int) -> str:
    """The last mails in the folder as plain text, the oldest first; where mail is sent, that it is."""
    if settings.mail_url is not None:
        server = MailServer.parse(settings.mail_url)
        return f"Mail goes to {server.host}:{server.port} and is not kept here."
    files = sorted(mail_folder(settings).glob("*.eml"), key=lambda file: (file.stat().st_mtime, file.name))
    if not files:
        return f"There is no mail in {mail_folder(settings)} yet."
    return f"\n{'-' * 72}\n".join(_as_text(file.read_bytes()) for file in files[-max(count, 1) :])


def _as_text(content: bytes) -> str:
    message = message_from_bytes(content, policy=policy.default)
    head = "\n".join(f"{name}: {_printable(str(message[name]))}" for name in _SHOWN)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return f"{head}\n\n{_printable(text).strip()}"


def _printable(text: str) -> str:
    """Without what would command a terminal: people choose some of the words."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text.replace("\r\n", "\n"))


class MailNotSent(Exception):
    """The mail was not taken. The message says why."""


def send_test_mail(settings: Settings, address: str) -> str:
    """Send a mail to `address`, and return what became of it. Raises `MailNotSent`."""
    words = f"This is a test mail from {settings.site_name} at {settings.base_url}."
    page = f'<!doctype html>\n<html lang="en"><body><p>{escape(words)}</p></body></html>\n'
    text = MailText("Test mail", f"{words}\n", page, "en")
    try:
        mailer(settings).send_text(text, address, f"test-mail/{new_id()}", clock.now())
    except (Outage, PermanentFailure, TemporaryRefusal) as error:
        raise MailNotSent(f"The mail was not sent: {error}.") from error
    if settings.mail_url is None:
        return f"SPACE_MAIL_URL is not set: the mail is a file in {mail_folder(settings)}."
    server = MailServer.parse(settings.mail_url)
    return (
        f"{server.host}:{server.port} has taken the mail from {settings.mail_from}. See whether it arrives."
    )
