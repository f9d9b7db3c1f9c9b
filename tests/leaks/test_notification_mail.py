"""Mails about notifications tell their receivers what they may see when they go out, nothing of groups, and nobody's
id, session or address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core import clock
from core.audience import PUBLIC
from tests.leaks import content
from tests.leaks.post import Mail, Post
from tests.leaks.site import PASSWORD, LocalSite, unlimited_site
from tests.leaks.words import found_in
from tests.leaks.world import Item, World

NAMES = ("Ines", "Memo", "Mona", "Otto", "Sofia")
AUDIENCES = (PUBLIC, "members", "closed", "hidden")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Precedence", "Feedback-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type", "Content-Language",
}  # fmt: skip


class Office:
    """A site on which everybody has an address and follows everything."""

    def __init__(self, site: LocalSite) -> None:
        self.site, self.world, self.post = site, World(site, seed=11), Post(site)
        world = self.world
        world.administrator()
        for name in NAMES:
            world.account(name)
        world.account("Edda")
        world.grant("Edda", "editor")
        world.grant("Mona", "moderator")
        for kind in ("hidden", "closed"):
            world.found(kind, kind)
            for name in ("Memo", "Sofia"):
                world.bring(kind, name)
        site.drain()
        for name in NAMES:
            self.confirm(name)
            settings = {"hour": 8, "timezone": "UTC", "by_reason": {"follow": "once"}}
            world.accounts[name].robot.done("PUT", "/notifications/mail", settings)
            for category in ("talk/help", "news/community"):
                path = f"/follows/category/{category}"
                world.accounts[name].robot.done("PUT", path, {"level": "watching"})
            for author in {"Ines", "Memo"} - {name}:
                path = f"/follows/person/{world.accounts[author].id}"
                world.accounts[name].robot.done("PUT", path, {"level": "normal"})

    def confirm(self, name: str) -> None:
        fields = {"do": "email", "email": f"{name.lower()}@mail.test", "email_password": PASSWORD}
        self.world.form(name, "/settings", fields)
        (mail,) = self.post.sent()
        path = mail.told.partition("/sign-in/confirm/")[2][:43]
        self.world.form(name, f"/sign-in/confirm/{path}", {})
        self.post.sent()

    def write(self, audience: str) -> Item:
        """A topic with a reply that mentions everybody."""
        topic = content.mentioning(self.world, audience, NAMES)
        self.site.drain()
        return topic

    def mails(self, days: int = 2) -> list[Mail]:
        with clock.at(clock.now() + timedelta(days=days)):
            return self.post.notified()


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with unlimited_site(tmp_path_factory.mktemp("mail")) as site:
        yield Office(site)


def receiver(mail: Mail) -> str:
    (to,) = [str(each.addr_spec) for each in mail.message["To"].addresses]
    name = to.partition("@")[0].capitalize()
    assert to == f"{name.lower()}@mail.test"
    return name


def check(office: Office, mails: list[Mail], leaving: str = "") -> set[str]:
    """That no mail tells what is not for its receiver; returns the words that were told. `leaving`: the slug of a group
    whose words leave by mail."""
    world = office.world
    open_to_mail = {PUBLIC, "members"} | ({world.audience(leaving)} if leaving else set())
    of_groups = {
        secret.word for item in world.items if item.audience not in open_to_mail for secret in item.secrets
    }
    told: set[str] = set()
    for mail in mails:
        name = receiver(mail)
        viewer = world.viewer(name)
        may = {each.word for each in world.secrets if each.rule(viewer)} - of_groups
        found = found_in(mail.told) | found_in(mail.raw.decode("utf-8", "replace"))
        assert found <= may, (name, found - may)
        told |= found
        for slug, group in world.groups.items():
            assert slug == leaving or group["slug"] not in mail.told, name
        for account in world.accounts.values():
            for secret in (account.browser.session, account.robot.token, account.id, PASSWORD):
                assert secret not in mail.told, name
                assert secret not in mail.file, name
            if account.name != name:
                assert f"{account.name.lower()}@" not in mail.told, name
        assert set(mail.message.keys()) <= HEADERS, name
        assert mail.message["From"].addresses[0].addr_spec.endswith("@localhost")
    return told


def test_each_mail_tells_what_is_for_its_receiver(office: Office) -> None:
    for audience in AUDIENCES:
        office.write(audience)
    mails = office.mails()
    told = check(office, mails)
    assert {receiver(mail) for mail in mails} == set(NAMES)
    public = {each.word for each in office.world.secrets if each.rule(office.world.viewer("Otto"))}
    assert told & public, "what they may see is told"
    in_groups = [mail for mail in mails if "in one of your groups" in str(mail.message["Subject"])]
    assert {receiver(mail) for mail in in_groups} == {"Ines", "Memo", "Sofia"}, "Ines founded them"


def test_words_of_a_group_leave_to_its_members_where_it_has_chosen_that(office: Office) -> None:
    world = office.world
    world.change_group("hidden", {"words_by_mail": True})
    office.site.drain()
    written = {audience: office.write(audience) for audience in ("hidden", "closed")}
    world.accounts["Ines"].robot.done("DELETE", f"/groups/{world.groups['hidden']['slug']}/members/Sofia")
    world.inside["hidden"].pop("Sofia")
    office.site.drain()
    mails = office.mails()
    check(office, mails, leaving="hidden")
    words = {each.word for each in written["hidden"].secrets}
    assert {receiver(mail) for mail in mails if found_in(mail.told) & words} == {"Ines", "Memo"}


def test_articles_and_events_are_told_whole_to_whom_they_are_for(office: Office) -> None:
    for audience in AUDIENCES:
        for make in (content.article, content.event):
            make(office.world, office.world.audience(audience))
    office.site.drain()
    told = check(office, office.mails())
    bodies = {
        each.word
        for item in office.world.items
        for each in item.secrets
        if item.audience == PUBLIC and each.what.startswith("text of the")
    }
    assert told & bodies


def test_what_is_lost_before_it_goes_out_is_not_told(office: Office) -> None:
    """A membership, the account's good standing, an address, a topic."""
    world = office.world
    for audience in ("hidden", "closed"):
        office.write(audience)
        world.accounts["Ines"].robot.done("DELETE", f"/groups/{world.groups[audience]['slug']}/members/Sofia")
        world.inside[audience].pop("Sofia")
    gone = office.write(PUBLIC)
    world.accounts["Mona"].robot.done("DELETE", f"/topics/{gone.id}?reason=spam&note=Advertising")
    world.form("Otto", "/settings", {"do": "email", "email": "", "email_password": PASSWORD})
    office.post.sent()
    office.site.drain()
    mails = office.mails()
    check(office, mails)
    words = {each.word for each in gone.secrets}
    assert not [mail for mail in mails if found_in(mail.told) & words and receiver(mail) != "Ines"]
    assert "Otto" not in {receiver(mail) for mail in mails}
    assert not [
        mail for mail in mails if receiver(mail) == "Sofia" and "groups" in str(mail.message["Subject"])
    ]


def test_the_link_of_a_mail_tells_nothing_of_its_topic(office: Office) -> None:
    topic = office.write(PUBLIC)
    for mail in office.mails():
        link = str(mail.message["List-Unsubscribe"]).strip("<>")
        assert topic.id not in link
        path = "/mail/" + link.rpartition("/")[2]
        page = office.world.accounts["Adam"].browser.get(path)
        assert page.status == 200
        assert not found_in(page.told)
        assert not [name for name in NAMES if f">{name}<" in page.text]
