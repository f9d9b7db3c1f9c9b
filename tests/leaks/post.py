"""The mails of a site in this process: sends all that wait, and reads them as their receivers get them."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from bus.outbox.store import OutboxStore, Outcome
from contracts.blog import BlogApi
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.people import PeopleApi
from services.notify.actions import mail_turns, mailing
from services.notify.mail_texts import Sources
from services.notify.tasks import SendMail
from services.people.actions import emails, recovery
from services.people.tasks import FindAccounts, SendAccountMail
from space.wiring import mailer
from tests.leaks.site import LocalSite


@dataclass(frozen=True)
class Mail:
    """One mail, and the name of the file in which it was kept. `raw` is what a mail server would get."""

    file: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def told(self) -> str:
        """All that it says: its headers, decoded, and its texts."""
        message = self.message
        headers = [f"{name}: {value}" for name, value in message.items()]
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        return "\n".join([*headers, *parts])


class Post:
    """Sends what waits to be sent."""

    def __init__(self, site: LocalSite) -> None:
        self.site = site
        self._folder = site.home / "mail"
        self._mailer = mailer(site.settings)

    def sent(self) -> list[Mail]:
        """Send what waits, and return it."""
        known = self._files()
        database = self.site.local.databases["people"]
        store = OutboxStore(database)
        for claimed in store.claim(FindAccounts.kind, 100):
            with database.writing() as session:
                emails.find_accounts(session, FindAccounts.model_validate(claimed.data))
            store.record([Outcome(claimed.key)])
        for claimed in store.claim(SendAccountMail.kind, 100):
            task = SendAccountMail.model_validate(claimed.data)
            recovery.send_mail(database, self._mailer, task, claimed.key)
            store.record([Outcome(claimed.key)])
        return [Mail(name, (self._folder / name).read_bytes()) for name in sorted(self._files() - known)]

    def notified(self) -> list[Mail]:
        """Make the mails about notifications that are due, send them, and return them."""
        known, local = self._files(), self.site.local
        database = local.databases["notify"]
        with database.writing() as session:
            mail_turns.enqueue_due(session)
        proxy = local.client.proxy
        sources = Sources(
            people=proxy(PeopleApi, "people"),
            forum=proxy(ForumApi, "forum"),
            blog=proxy(BlogApi, "blog"),
            events=proxy(EventsApi, "events"),
        )
        store = OutboxStore(database)
        for claimed in store.claim(SendMail.kind, 1000):
            task = SendMail.model_validate(claimed.data)
            mailing.send(database, self._mailer, sources, self.site.settings, task, claimed.key)
            store.record([Outcome(claimed.key)])
        return [Mail(name, (self._folder / name).read_bytes()) for name in sorted(self._files() - known)]

    def _files(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()} if self._folder.exists() else set()
