"""Takes mails and handles them, with stand-ins for the services that are called for them."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from bus.mail.delivery import Mailer
from bus.outbox.store import OutboxStore, Outcome
from bus.rpc.context import request_key
from contracts.errors import Conflict, Unavailable
from contracts.forum import CreatePost, ForumApi, PostView
from contracts.mail import MailAuthor
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from core import clock
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from core.mail_addresses import MailAddresses
from core.settings import Settings
from gateway.mail.letters import LetterWriter
from gateway.mail.notices import NoticeWriter
from gateway.mail.texts import MailWriter
from services.mail.actions import handling, holding
from services.mail.actions.receiving import take
from services.mail.held_links import HeldLinks
from services.mail.sources import Sources
from services.mail.tasks import HandleMail, SendNotice

DOMAIN = "reply.space.example"
SAM = "sam@x.example"


class Office:
    """Sam has the address `SAM`, and may reply in `topic_id`. `refusing` is what the forum's next calls raise."""

    def __init__(self, database: Database, home: Path, **environment: str) -> None:
        self.database = database
        self.settings = Settings.from_environment(
            {
                "SPACE_HOME": str(home),
                "SPACE_BASE_URL": "https://space.example",
                "SPACE_MAIL_DOMAIN": DOMAIN,
                **environment,
            }
        )
        made = MailAddresses.of(self.settings)
        assert made is not None
        self.addresses = made
        self.person_id, self.topic_id = new_id(), new_id()
        self.language = "en"
        self.emails = {self.person_id: SAM}
        self.suspended = False
        self.posts: dict[str, str] = {}
        self.waiting: list[str] = []
        self.viewers: list[Viewer] = []
        self.ended: list[tuple[str, str]] = []
        self.refusing: Exception | None = None
        self.review = False
        self.mailer = Mailer(
            self.settings, MailWriter(self.settings), LetterWriter(self.settings), NoticeWriter(self.settings)
        )
        self.links = HeldLinks.of(self.settings)
        self.sources = Sources(
            people=cast(PeopleApi, self), forum=cast(ForumApi, self), notify=cast(NotifyApi, self)
        )

    # What the other services answer

    def mail_author(self, person_id: str, address: str) -> MailAuthor | None:
        email = self.emails.get(person_id)
        if email is None:
            return None
        viewer = Viewer(
            person_id=person_id, name="Sam", roles=frozenset({"member"}), scopes=frozenset({"write"})
        )
        return MailAuthor(
            email=email, own=address.lower() == email, language=self.language,
            viewer=None if self.suspended else viewer,
        )  # fmt: skip

    def create_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
        if self.refusing is not None:
            raise self.refusing
        if self.review:
            raise Conflict("review-needed")
        self.viewers.append(viewer)
        # The same key, the same post: as `bus.rpc.idempotency` has it.
        self.posts.setdefault(request_key(), command.body)
        return PostView(
            id="0" * 15 + "p", topic_id=topic_id, number=2, author_id=viewer.person_id or "", language="en",
            body=command.body, created_at=clock.now(),
        )  # fmt: skip

    def hold_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> Any:
        self.waiting.append(command.body)

    def note_bounce(self, viewer: Viewer, person_id: str, status: str) -> None:
        self.ended.append((person_id, status))

    # What comes in

    @property
    def reply_to(self) -> str:
        return self.addresses.for_reply(self.person_id, self.topic_id)

    def receive(self, raw: bytes, recipient: str | None = None, sender: str = SAM) -> None:
        take(self.database, self.addresses, raw, sender, [recipient or self.reply_to])

    def handle(self) -> list[str]:
        """Handle what has come in, as the service does; returns the errors of what is to be tried again."""
        errors = []
        store = OutboxStore(self.database)
        for claimed in store.claim(HandleMail.kind, 100):
            try:
                handling.handle(self.database, self.settings, self.sources, HandleMail(**claimed.data))
            except Exception as error:
                errors.append(str(error))
                outage = isinstance(error, Unavailable)
                store.record([Outcome(claimed.key, error=str(error), outage=outage)])
            else:
                store.record([Outcome(claimed.key)])
        return errors

    def notices(self) -> list[EmailMessage]:
        """Send what is to be said of what came in, and return it."""
        folder = self.settings.home / "mail"
        before = set(folder.glob("*.eml"))
        store = OutboxStore(self.database)
        for claimed in store.claim(SendNotice.kind, 100):
            task = SendNotice(**claimed.data)
            holding.send_notice(
                self.database, self.mailer, self.sources, self.links, task.held_id, claimed.key
            )
            store.record([Outcome(claimed.key)])
        made = sorted(set(folder.glob("*.eml")) - before)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in made]


def mail(
    body: str = "Yes, at nine.",
    *,
    sender: str = SAM,
    id: str = "<1@x.example>",
    to: str = "reply@space.example",
    **headers: str,
) -> bytes:
    """A reply as a mail program writes it."""
    lines = [f"From: Sam <{sender}>", f"To: {to}", "Subject: Re: Night buses"]
    lines += [f"Message-ID: {id}"] if id else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link_of(message: EmailMessage) -> str:
    """The token of the link in a notice."""
    (line,) = [each for each in text_of(message).splitlines() if "/mail/held/" in each]
    return line.rpartition("/")[2]


def bounce(status: str, action: str = "failed", id: str = "<b1@mx.example>") -> bytes:
    """A delivery status notification (RFC 3464), as Postfix writes it."""
    lines = [
        "From: MAILER-DAEMON@mx.example (Mail Delivery System)", "To: bounce@space.example",
        "Subject: Undelivered Mail Returned to Sender", f"Message-ID: {id}", "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain; charset=us-ascii", "", "This is the mail system at host mx.example.", "",
        "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example", "",
        f"Final-Recipient: rfc822; {SAM}", f"Action: {action}", f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {status} the mail was refused", "", "--b--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def rows(database: Database, table: type[Any]) -> list[Any]:
    """All rows of a table."""
    with database.reading() as session:
        return list(session.scalars(select(table)))
