"""Messages to phones tell their receivers what they may see when they go out, and of groups only what they chose; and
where a device is nobody is told."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bus.outbox.store import OutboxStore, Outcome
from bus.push.delivery import Message, Pusher, PushSender
from bus.push.encryption import encrypt
from contracts.people import PeopleApi
from core import clock
from core.audience import PUBLIC
from core.settings import SERVICES
from gateway.notify.push_texts import PushWriter
from services.notify.actions import push_queue, pushing
from services.notify.tasks import SendPush
from tests.leaks import content
from tests.leaks.site import LocalSite, unlimited_site
from tests.leaks.words import found_in
from tests.leaks.world import Item, World
from tests.push_service import Subscriber

NAMES = ("Ines", "Memo", "Mona", "Otto", "Sofia")
AUDIENCES = (PUBLIC, "members", "closed", "hidden")
HOST = "https://fcm.googleapis.com/zqsecret/"


class Phones(PushSender):
    """A site on which everybody has a phone that shows no words of groups, and one that does, and follows everything.
    It stands for the push service as well."""

    def __init__(self, site: LocalSite) -> None:
        super().__init__(site.settings)
        self.site, self.world = site, World(site, seed=11)
        self.received: list[tuple[str, bool, str]] = []
        self.subscribers: dict[str, Subscriber] = {}
        world = self.world
        world.administrator()
        for name in NAMES:
            world.account(name)
        world.grant("Mona", "moderator")
        for kind in ("hidden", "closed"):
            world.found(kind, kind)
            for name in ("Memo", "Sofia"):
                world.bring(kind, name)
        site.drain()
        for name in NAMES:
            robot = world.accounts[name].robot
            for category in ("talk/help", "news/community"):
                robot.done("PUT", f"/follows/category/{category}", {"level": "watching"})
            reasons = ["follow", "mention", "reply", "quote", "review", "membership"]
            robot.done("PUT", "/push-devices/reasons", {"reasons": reasons})
            for words in (False, True):
                subscriber = Subscriber(f"{HOST}{name}/{'words' if words else 'none'}")
                self.subscribers[subscriber.endpoint] = subscriber
                device = {"name": "phone", "group_words": words, **subscriber.keys}
                robot.done("POST", "/push-devices", device)

    def write(self, audience: str) -> Item:
        """A topic with a reply that mentions everybody."""
        topic = content.mentioning(self.world, audience, NAMES)
        self.site.drain()
        return topic

    def deliver(self) -> list[tuple[str, bool, str]]:
        """Send what is due: whose phone, whether with words of groups, and what it shows."""
        self.received = []
        database, people = (
            self.site.local.databases["notify"],
            self.site.local.client.proxy(PeopleApi, "people"),
        )
        pusher = Pusher(self, PushWriter(self.site.settings))
        with clock.at(clock.now() + timedelta(minutes=5)):
            with database.writing() as session:
                push_queue.enqueue_due(session)
            store = OutboxStore(database)
            for claimed in store.claim(SendPush.kind, 1000):
                task = SendPush.model_validate(claimed.data)
                pushing.send(database, pusher, people, task, claimed.key)
                store.record([Outcome(claimed.key)])
        return self.received

    def send(self, message: Message) -> None:
        name, words = message.endpoint.removeprefix(HOST).split("/")
        shown = self.subscribers[message.endpoint].decrypt(encrypt(message.content, message.recipient))
        self.received.append((name, words == "words", json.dumps(json.loads(shown), ensure_ascii=False)))


@pytest.fixture
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    with unlimited_site(tmp_path_factory.mktemp("push")) as site:
        yield Phones(site)


def check(phones: Phones, received: list[tuple[str, bool, str]]) -> set[str]:
    """That no phone shows what is not for its person, or of a group without their choice; returns the words shown."""
    world, told = phones.world, set[str]()
    of_groups = {
        secret.word
        for item in world.items
        if item.audience not in (PUBLIC, "members")
        for secret in item.secrets
    }
    for name, words, shown in received:
        viewer = world.viewer(name)
        may = {each.word for each in world.secrets if each.rule(viewer)} - (set() if words else of_groups)
        found = found_in(shown)
        assert found <= may, (name, words, found - may)
        told |= found
        for group in world.groups.values():
            assert words or group["slug"] not in shown, name
        for account in world.accounts.values():
            for secret in (account.browser.session, account.robot.token, account.id):
                assert secret not in shown, name
        assert "zqsecret" not in shown
    return told


def test_each_phone_shows_what_is_for_its_person(phones: Phones) -> None:
    for audience in AUDIENCES:
        phones.write(audience)
    received = phones.deliver()
    told = check(phones, received)
    assert {name for name, _, _ in received} == set(NAMES)
    assert any("in one of your groups" in shown for _, words, shown in received if not words)
    in_groups = {each.word for each in phones.world.secrets if not each.rule(phones.world.viewer("Otto"))}
    assert told & in_groups, "whoever chose so sees words of groups"
    assert told - in_groups


def test_what_is_lost_before_it_goes_out_is_not_shown(phones: Phones) -> None:
    """A membership, and a topic."""
    world = phones.world
    for audience in ("hidden", "closed"):
        phones.write(audience)
        world.accounts["Ines"].robot.done("DELETE", f"/groups/{world.groups[audience]['slug']}/members/Sofia")
        world.inside[audience].pop("Sofia")
    gone = phones.write(PUBLIC)
    world.accounts["Mona"].robot.done("DELETE", f"/topics/{gone.id}?reason=spam&note=Advertising")
    phones.site.drain()
    received = phones.deliver()
    check(phones, received)
    words = {each.word for each in gone.secrets}
    assert not [shown for name, _, shown in received if found_in(shown) & words and name != "Ines"]
    assert not [shown for name, _, shown in received if name == "Sofia" and "in one of your groups" in shown]


def test_where_a_device_is_stands_in_one_table_alone(phones: Phones) -> None:
    """In no event, task, receipt of a request, log or export."""
    phones.write(PUBLIC)
    phones.deliver()
    for service in SERVICES:
        kept = b"".join(file.read_bytes() for file in phones.site.home.glob(f"{service}.sqlite*"))
        assert (b"zqsecret" in kept) == (service == "notify"), service
    with sqlite3.connect(f"file:{phones.site.home}/notify.sqlite?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}
    assert [table for table in tables if "zqsecret" in str(rows[table])] == ["push_device"]
    otto = phones.world.accounts["Otto"]
    assert "zqsecret" not in otto.robot.api("GET", "/push-devices").text
    assert "zqsecret" not in otto.browser.get("/settings/notifications").text
