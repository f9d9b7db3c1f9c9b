"""A process dies by SIGKILL on the way of a mail that comes in: before it is on disk, before the mail server is told
so, and after its post was made. Each reply is posted, and none twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from contracts.forum import CreateTopic
from contracts.people import Register
from core.audience import STRANGER, Viewer
from core.mail_addresses import MailAddresses
from core.settings import Settings
from services.forum import actions as forum_actions
from services.mail.tables import IncomingMail
from services.people.tables import Person
from space.local import LocalSystem
from tests.unit.mail.office import SAM, mail

pytestmark = pytest.mark.slow

ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset({"administrator"}))


class MailedTopic:
    """A topic that Sam replies to by mail, by processes of their own."""

    def __init__(self, home: Path) -> None:
        environment = {"SPACE_HOME": str(home), "SPACE_MAIL_DOMAIN": "reply.space.example"}
        self.system = LocalSystem(Settings.from_environment(environment))
        services = self.system.services
        command = Register(name="Sam", password=SecretStr("correct horse battery"))
        self.sam = services.people.register(STRANGER, command).viewer
        with self.system.databases["people"].writing() as session:
            session.execute(update(Person).values(email=SAM, email_key=SAM))
        with self.system.databases["forum"].writing() as session:
            forum_actions.set_category(session, ROOT, "help", "en", {"en": ("Help", "Ask here")})
        made = CreateTopic(language="en", title="Night buses", body="When?", category="help")
        self.topic_id = services.forum.create_topic(self.sam, made).id
        addresses = MailAddresses.of(self.system.settings)
        assert addresses is not None
        recipient = addresses.for_reply(self.sam.person_id or "", self.topic_id)
        self.environment = {**os.environ, **environment, "SPACE_TEST_RECIPIENT": recipient}

    def take(self, plan: str, raw: bytes) -> bool:
        """Hand a mail over; whether the process that takes it says so before it ends."""
        return "taken" in self._run("take", plan, raw, 0).stdout.decode()

    def handle(self, plan: str, minutes: int) -> int:
        """Handle what was taken, so many minutes from now; the exit code."""
        return self._run("handle", plan, b"", minutes).returncode

    def posts(self) -> list[str]:
        return [
            post.body for post in self.system.services.forum.posts(self.sam, self.topic_id, "1", 20).items
        ]

    def waiting(self) -> int:
        with self.system.databases["mail"].reading() as session:
            return session.scalar(select(func.count()).select_from(IncomingMail)) or 0

    def _run(self, what: str, plan: str, raw: bytes, minutes: int) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.mail_process", what, plan]
        environment = self.environment | {"SPACE_TEST_MINUTES": str(minutes)}
        return subprocess.run(command, input=raw, env=environment, capture_output=True, check=False)


@pytest.fixture
def topic(tmp_path: Path) -> Iterator[MailedTopic]:
    made = MailedTopic(tmp_path)
    yield made
    made.system.close()


def test_each_reply_is_posted_once_wherever_a_process_dies(topic: MailedTopic) -> None:
    assert not topic.take("mail.before-take", mail("One.", id="<1@x.example>"))
    assert topic.waiting() == 0, "it was not on disk, and nobody was told that it was"
    assert topic.take("", mail("One.", id="<1@x.example>"))
    assert not topic.take("mail.after-take", mail("Two.", id="<2@x.example>"))
    assert topic.waiting() == 2
    assert topic.take("", mail("Two.", id="<2@x.example>")), "the mail server hands it over again"
    assert topic.waiting() == 2
    assert topic.handle("mail.after-post", 0) == -9
    assert topic.posts() == ["One."]
    assert topic.handle("mail.after-post:2", 1) == -9
    assert topic.handle("", 2) == 0
    assert sorted(topic.posts()) == ["One.", "Two."]
    assert topic.waiting() == 0
    assert topic.take("", mail("One.", id="<1@x.example>"))
    assert topic.handle("", 3) == 0
    assert len(topic.posts()) == 2
