"""The running service of mail has a reply posted, tells why one is not, and ends mail that comes back, on each way to
run: over a broker its calls are signed, and no others are taken of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from contracts.forum import ChangeTopic, CreateTopic, ForumApi, TopicView
from contracts.notify import NotifyApi
from contracts.people import PeopleApi, Register
from core.audience import STRANGER, Viewer
from core.mail_addresses import MailAddresses
from core.settings import Settings
from services.forum import actions as forum_actions
from services.mail.actions.receiving import take
from services.people.tables import Person
from space import wiring
from tests.bus.harness import eventually
from tests.bus.real_services import WAYS, settings_of, start, wait_for
from tests.unit.mail.office import bounce, mail, text_of

SERVICES = ("people", "forum", "notify", "mail")
ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset({"administrator"}))
SAM = "sam@x.example"


@pytest.fixture(params=WAYS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {
        "SPACE_HOME": str(tmp_path / "home"),
        "SPACE_MAIL_FROM": "Space <space@space.example>",
        "SPACE_MAIL_DOMAIN": "reply.space.example",
    }
    with settings_of(request.param, SERVICES, environment) as settings:
        yield settings


class Running:
    """The services, and those of them that the test calls as the gateway does."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self.databases, client = start(stack, settings, SERVICES, "mail", mailer=wiring.mailer(settings))
        self.people = client.proxy(PeopleApi, "people")
        self.forum = client.proxy(ForumApi, "forum")
        self.notify = client.proxy(NotifyApi, "notify")
        wait_for(self.people, self.forum, self.notify)
        made = MailAddresses.of(settings)
        assert made is not None
        self.addresses = made

    def sam(self) -> Viewer:
        command = Register(name="Sam", password=SecretStr("correct horse battery"))
        viewer = self.people.register(STRANGER, command).viewer
        with self.databases["people"].writing() as session:
            of_sam = update(Person).where(Person.id == viewer.person_id)
            session.execute(of_sam.values(email=SAM, email_key=SAM))
        return viewer

    def topic(self, author: Viewer) -> TopicView:
        with self.databases["forum"].writing() as session:
            forum_actions.set_category(session, ROOT, "help", "en", {"en": ("Help", "Ask here")})
        return self.forum.create_topic(
            author, CreateTopic(language="en", title="Night buses", body="When?", category="help")
        )

    def receive(self, raw: bytes, recipient: str, sender: str = SAM) -> None:
        take(self.databases["mail"], self.addresses, raw, sender, [recipient])

    def written(self) -> list[Path]:
        return sorted((self.settings.home / "mail").glob("*.eml"))


def test_what_comes_in_is_handled(settings: Settings) -> None:
    with ExitStack() as stack:
        running = Running(settings, stack)
        sam = running.sam()
        topic = running.topic(sam)
        address = running.addresses.for_reply(sam.person_id or "", topic.id)

        running.receive(mail("At nine."), address)
        (post,) = eventually(lambda: running.forum.posts(sam, topic.id, "1", 10).items)
        assert (post.body, post.author_id) == ("At nine.", sam.person_id)

        running.forum.change_topic(ROOT, topic.id, ChangeTopic(revision=topic.revision, closed=True))
        running.receive(mail("At ten?", id="<2@x.example>"), address)
        (file,) = eventually(running.written)
        notice = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert notice["To"] == SAM
        assert "This topic is closed" in text_of(notice)
        assert len(running.forum.posts(sam, topic.id, "1", 10).items) == 1

        running.receive(bounce("5.1.1"), running.addresses.for_bounce(sam.person_id or "", SAM), "")
        eventually(lambda: running.notify.mail_settings(sam).refused)
        assert running.notify.mail_settings(sam).refused == "5.1.1"
