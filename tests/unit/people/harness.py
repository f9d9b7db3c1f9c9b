"""What the fixtures of people's tests are, and rows of earlier releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bus.mail.delivery import Mailer
from bus.mail.message import POLICY, MailText, mail_name
from bus.outbox.store import OutboxStore, Outcome
from contracts.common import Recorded
from contracts.errors import Invalid
from core.audience import Viewer
from core.database import Database
from core.settings import Settings
from services.people.actions import emails, invitations, recovery, sign_up_requests
from services.people.sealing import Sealer
from services.people.tasks import FindAccounts, SendAccountMail, SendSignUpAnswer

SEALER = Sealer(["a test's secret"])
"""What seals and opens the secrets of second factors."""

Enrol = Callable[..., Viewer]
Found = Callable[..., str]
Events = Callable[[], list[Recorded]]


def bring(session: Session, moderator: Viewer, slug: str, who: Viewer) -> None:
    """Invite somebody into a group, who accepts."""
    invitations.invite(session, moderator, slug, who.name or "")
    invitations.answer_invitation(session, who, slug, True)


def refusal(database: Database, work: Callable[[Session], object]) -> list[tuple[str, str]]:
    """The fields and codes of the faults with which something is refused."""
    with pytest.raises(Invalid) as error, database.writing() as session:
        work(session)
    return [(fault.field, fault.code) for fault in error.value.faults]


_PERSON = (
    "INSERT INTO person (id, name, name_key, display_name, password_hash, languages, place_name, place_country, about,"
    " joined_at) VALUES (:id, :name, :name_key, :display_name, '', :languages, '', '', :about, :joined_at)"
)


def insert_person(session: Session, person_id: str, name: str, **columns: str) -> None:
    """A person as earlier releases stored one."""
    plain = {"display_name": "", "languages": "[]", "about": "", "joined_at": "2026-01-02 03:04:05+00:00"}
    session.execute(
        text(_PERSON), {**plain, "id": person_id, "name": name, "name_key": name.casefold(), **columns}
    )


@dataclass(frozen=True)
class Sent:
    """A mail that was sent: what it is about, to whom, in which language, and the path of its link."""

    template: str
    to: str
    language: str
    name: str
    path: str

    @property
    def token(self) -> str:
        """The secret of its link."""
        return self.path.rpartition("/")[2]


class Post:
    """Carries out the outbox tasks of people as a running service does; mail lands in a folder."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._folder = home / "mail"
        self._worded: list[tuple[str, str, Mapping[str, str]]] = []
        self._mailer = Mailer(Settings.from_environment({"SPACE_HOME": str(home)}), self._write)

    def sent(self) -> list[Sent]:
        """Carry out all that is due, and answer the mails that this sent."""
        self._worded.clear()
        letters: list[Sent] = []
        store = OutboxStore(self._database)
        for claimed in store.claim(FindAccounts.kind, 100):
            with self._database.writing() as session:
                emails.find_accounts(session, FindAccounts.model_validate(claimed.data))
            store.record([Outcome(claimed.key)])
        for claimed in store.claim(SendAccountMail.kind, 100):
            self.send(SendAccountMail.model_validate(claimed.data), claimed.key, letters)
            store.record([Outcome(claimed.key)])
        for claimed in store.claim(SendSignUpAnswer.kind, 100):
            answer = SendSignUpAnswer.model_validate(claimed.data)
            before = len(self._worded)
            sign_up_requests.send_answer(self._mailer, answer, claimed.key)
            letters += self._letters(before, claimed.key)
            store.record([Outcome(claimed.key)])
        return letters

    def send(self, task: SendAccountMail, key: str, letters: list[Sent]) -> None:
        """One attempt to send a mail, added to `letters` if it was sent."""
        before = len(self._worded)
        recovery.send_mail(self._database, self._mailer, task, key)
        letters += self._letters(before, key)

    def _letters(self, since: int, key: str) -> Iterator[Sent]:
        """What was worded since then, and sent by this key."""
        for template, language, params in self._worded[since:]:
            message = message_from_bytes((self._folder / f"{mail_name(key)}.eml").read_bytes(), policy=POLICY)
            yield Sent(template, str(message["To"]), language, params["name"], params["path"])

    def _write(self, template: str, language: str, params: Mapping[str, str]) -> MailText:
        self._worded.append((template, language, params))
        return MailText(template, "text", "<p>text</p>", language)
