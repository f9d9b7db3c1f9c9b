"""`space mail`: sends a test mail, so that an operator knows that mail arrives."""

from __future__ import annotations

from html import escape

from bus.mail.delivery import TemporaryRefusal, mail_folder
from bus.mail.message import MailText
from bus.outbox.tasks import Outage, PermanentFailure
from core import clock
from core.ids import new_id
from core.mail_server import MailServer
from core.settings import Settings
from space.wiring import mailer


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
