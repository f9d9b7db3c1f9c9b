"""A reply by mail is written by whose address it came to, with no more than a member's rights; what is said of one that
can't be posted tells nothing of its topic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from bus.outbox.store import OutboxStore, Outcome
from contracts.forum import ForumApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from core.audience import PUBLIC
from core.mail_addresses import MailAddresses
from services.mail.actions import handling, holding
from services.mail.actions.receiving import take
from services.mail.held_links import HeldLinks
from services.mail.sources import Sources
from services.mail.tasks import HandleMail, SendNotice
from services.people.tables import Person
from space.wiring import mailer
from tests.leaks import content
from tests.leaks.post import Mail
from tests.leaks.site import LocalSite, unlimited_site
from tests.leaks.words import found_in
from tests.leaks.world import Item, World
from tests.unit.mail.office import mail

NAMES = ("Ines", "Sofia", "Otto", "Mona")


class Office:
    """A site with a hidden group of Ines and Sofia, whose people reply by mail."""

    def __init__(self, site: LocalSite) -> None:
        self.site, self.world = site, World(site, seed=12)
        self.settings = site.settings.model_copy(update={"mail_domain": "reply.space.test"})
        addresses = MailAddresses.of(self.settings)
        assert addresses is not None
        self.addresses = addresses
        self.world.administrator()
        for name in NAMES:
            self.world.account(name)
            self._give_address(name)
        self.world.grant("Mona", "moderator")
        self.world.found("hidden", "hidden")
        self.world.bring("hidden", "Sofia")
        site.drain()

    def reply(self, name: str, topic: Item, body: str, sender: str | None = None) -> list[Mail]:
        """Let a reply come in to a person's address, and return what is said of it."""
        database, client = self.site.local.databases["mail"], self.site.local.client
        sender = sender or f"{name.lower()}@mail.test"
        recipient = self.addresses.for_reply(self.world.accounts[name].id, topic.id)
        take(database, self.addresses, mail(body, sender=sender, id=""), sender, [recipient])
        sources = Sources(
            client.proxy(PeopleApi, "people"),
            client.proxy(ForumApi, "forum"),
            client.proxy(NotifyApi, "notify"),
        )
        store = OutboxStore(database)
        for claimed in store.claim(HandleMail.kind, 10):
            handling.handle(database, self.settings, sources, HandleMail(**claimed.data))
            store.record([Outcome(claimed.key)])
        folder, links = self.site.home / "mail", HeldLinks.of(self.settings)
        known = set(folder.glob("*.eml"))
        for claimed in store.claim(SendNotice.kind, 10):
            held_id = SendNotice(**claimed.data).held_id
            holding.send_notice(database, mailer(self.settings), sources, links, held_id, claimed.key)
            store.record([Outcome(claimed.key)])
        self.site.drain()
        return [Mail(path.name, path.read_bytes()) for path in folder.glob("*.eml") if path not in known]

    def posts(self, topic: Item) -> list[dict[str, Any]]:
        """What others than Ines, who opened it, wrote in a topic."""
        ines = self.world.accounts["Ines"]
        found = ines.robot.done("GET", f"/topics/{topic.id}/posts")
        return [post for post in found["items"] if post["author_id"] != ines.id]

    def _give_address(self, name: str) -> None:
        email = f"{name.lower()}@mail.test"
        with self.site.local.databases["people"].writing() as session:
            of_name = update(Person).where(Person.id == self.world.accounts[name].id)
            session.execute(of_name.values(email=email, email_key=email))


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with unlimited_site(tmp_path_factory.mktemp("mail")) as site:
        yield Office(site)


def test_who_has_left_a_group_writes_nothing_in_it_and_learns_nothing_of_it(office: Office) -> None:
    world = office.world
    topic = content.topic(world, world.audience("hidden"), author="Ines")
    assert office.reply("Sofia", topic, "From a member.") == []
    assert [post["author_id"] for post in office.posts(topic)] == [world.accounts["Sofia"].id]
    slug = world.groups["hidden"]["slug"]
    world.accounts["Ines"].robot.done("DELETE", f"/groups/{slug}/members/Sofia")
    office.site.drain()
    notices = [*office.reply("Sofia", topic, "Too late."), *office.reply("Otto", topic, "Never in.")]
    assert [str(notice.message["To"]) for notice in notices] == ["sofia@mail.test", "otto@mail.test"]
    assert len(office.posts(topic)) == 1
    for notice in notices:
        path = notice.told.partition("/mail/held/")[2].split()[0]
        page = world.accounts["Otto"].browser.get(f"/mail/held/{path}")
        assert page.status == 200
        for told in (notice.told, page.text):
            assert not found_in(told)
            assert slug not in told
            assert world.accounts["Sofia"].id not in told


def test_nobody_writes_in_anothers_name(office: Office) -> None:
    topic = content.topic(office.world, PUBLIC, author="Ines")
    (notice,) = office.reply("Otto", topic, "I am Otto, really.", sender="sofia@mail.test")
    assert str(notice.message["To"]) == "otto@mail.test"
    assert "sofia@mail.test" not in notice.told
    assert office.posts(topic) == []


def test_a_moderators_mail_is_a_members(office: Office) -> None:
    topic = content.topic(office.world, PUBLIC, author="Ines")
    robot = office.world.accounts["Mona"].robot
    revision = robot.done("GET", f"/topics/{topic.id}")["revision"]
    robot.done("PATCH", f"/topics/{topic.id}", {"revision": revision, "closed": True})
    office.site.drain()
    (notice,) = office.reply("Mona", topic, "One more word.")
    assert "This topic is closed" in notice.told
    assert office.posts(topic) == []
