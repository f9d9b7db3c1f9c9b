"""The running service of mail has a reply posted, tells why one is not, and ends mail that comes back, on each way to
run: over a broker its calls are signed, and no others are taken of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bus.container import create_container
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys
from bus.transport.connect import connect
from contracts.errors import Unavailable
from contracts.forum import ChangeTopic, CreateTopic, ForumApi, TopicView
from contracts.notify import NotifyApi
from contracts.people import PeopleApi, Register
from core.audience import STRANGER, Viewer
from core.database import Database
from core.mail_addresses import MailAddresses
from core.settings import Settings
from services.forum import actions as forum_actions
from services.mail.actions.receiving import take
from services.people.tables import Person
from space import wiring
from tests import servers
from tests.bus.harness import eventually
from tests.chaos import queues
from tests.unit.mail.office import bounce, mail, text_of

SERVICES = ("people", "forum", "notify", "mail")
ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset({"administrator"}))
SAM = "sam@x.example"


@pytest.fixture(params=["embedded", "distributed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {
        "SPACE_HOME": str(tmp_path / "home"),
        "SPACE_MAIL_FROM": "Space <space@space.example>",
        "SPACE_MAIL_DOMAIN": "reply.space.example",
    }
    with ExitStack() as stack:
        if request.param == "distributed":
            queues.forget(servers.bus_url(), SERVICES)
            urls = {name: stack.enter_context(servers.fresh_database()) for name in SERVICES}
            environment |= {f"SPACE_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
            environment["SPACE_BUS_URL"] = servers.bus_url()
        yield Settings.from_environment(environment)


class Running:
    """The services, and those of them that the test calls as the gateway does."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self.databases: dict[str, Database] = {}
        # Each service over a broker has a transport and a key of its own; within one process they share one.
        shared = None if settings.distributed else connect(settings.bus_url, CallKeys(settings, "mail"))
        for name in SERVICES:
            self.databases[name] = wiring.open_database(settings, name)
            stack.callback(self.databases[name].close)
            transport = shared or connect(settings.bus_url, CallKeys(settings, name))
            stack.callback(transport.close)
            container: Any = create_container(
                wiring.service_class(name), settings, self.databases[name], transport, RpcClient(transport),
                mailer=wiring.mailer(settings),
            )  # fmt: skip
            container.start()
            stack.callback(container.stop)
        gateway = shared or connect(settings.bus_url, CallKeys(settings, "gateway"))
        stack.callback(gateway.close)
        client = RpcClient(gateway)
        self.people = client.proxy(PeopleApi, "people")
        self.forum = client.proxy(ForumApi, "forum")
        self.notify = client.proxy(NotifyApi, "notify")
        for api in (self.people, self.forum, self.notify):
            eventually(lambda api=api: _serves(api))  # type: ignore[misc]
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


def _serves(api: Any) -> bool:
    try:
        return bool(api.log_end() >= 0)
    except Unavailable:
        return False


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
