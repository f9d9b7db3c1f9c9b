"""A mail tells its receiver what is for them and nothing else, nobody can write a header of it, and that one was sent
tells nobody whose account there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from core.audience import PUBLIC
from gateway.i18n.messages import message
from gateway.mail.texts import TEMPLATES
from services.people import queries
from services.people.actions import emails
from services.people.tasks import MailTemplate
from tests.leaks import content
from tests.leaks.payloads import WORD, in_html
from tests.leaks.post import Mail, Post
from tests.leaks.site import PASSWORD, Answer, Client, LocalSite, session_of, unlimited_site
from tests.leaks.words import found_in
from tests.leaks.world import World

HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type", "Content-Language",
}  # fmt: skip
HOSTILE = (
    "Space\r\nBcc: evil@evil.test",
    f"=?utf-8?q?S=0D=0ABcc:_evil@evil.test?=, x@evil.test; <script>{WORD}()</script>\u2028Bcc: x@evil.test",
)
LINKED = ("confirm", "reset")
ADDRESS = "otto@mail.test"


class Office:
    """A site on which Otto has an address, and everybody talks of what he may not see."""

    def __init__(self, site: LocalSite) -> None:
        self.site, self.world, self.post = site, World(site, seed=5), Post(site)
        world = self.world
        world.administrator()
        for name in ("Ines", "Memo", "Mona", "Otto", "Sofia"):
            world.account(name)
        world.grant("Mona", "moderator")
        for kind in ("hidden", "closed"):
            world.found(kind, kind)
            world.bring(kind, "Memo")
        site.drain()
        self.own = world.secret("a mail address of Otto", world.only("Otto"))

    def form(self, path: str, **fields: str) -> Answer:
        """Let Otto send a form."""
        return self.world.form("Otto", path, fields)

    def send_all(self) -> dict[str, Mail]:
        """Let every mail be sent to Otto, and return one of each template; those that are told alike by what people do
        are put where they wait to be sent."""
        found: dict[str, Mail] = {}

        def note() -> None:
            for mail in self.post.sent():
                found[self.template_of(mail)] = mail

        self.form("/settings", do="email", email=ADDRESS, email_password=PASSWORD)
        note()
        self.follow(found["confirm"])
        Client(self.site).submit("/sign-in/reset", {"account": ADDRESS})
        note()
        other = f"{self.own.word}@mail.test"
        self.form("/settings", do="email", email=other, email_password=PASSWORD)
        note()
        self.follow(found["confirm"])
        note()
        with self.site.local.databases["people"].writing() as session:
            person = queries.person_named(session, "Otto")
            assert person is not None
            for template in get_args(MailTemplate):
                if template not in (*LINKED, "vanishes", *found):
                    emails.enqueue_mail(session, template, person, other)
        note()
        self.form("/settings/account", do="vanish", password=PASSWORD)
        note()
        signed = Client(self.site).submit("/sign-in", {"name": "Otto", "password": PASSWORD})
        self.world.accounts["Otto"].browser.session = session_of(signed)
        self.form("/settings", do="email", email="", email_password=PASSWORD)
        self.post.sent()
        return found

    def follow(self, mail: Mail) -> None:
        """Let Otto open the link of a mail, and use it."""
        link = re.search(r"/sign-in/confirm/[\w-]{43}", mail.told)
        assert link
        self.form(link[0])

    def template_of(self, mail: Mail) -> str:
        """By its subject, which has the site's name at the end."""
        subject = str(mail.message["Subject"])
        begins = {each: message(TEMPLATES[each][0], "en", "\0").partition("\0")[0] for each in TEMPLATES}
        return max(
            (each for each in begins if subject.startswith(begins[each])),
            key=lambda each: len(begins[each]),
        )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with unlimited_site(tmp_path_factory.mktemp("mail")) as site:
        yield Office(site)


def test_each_mail_tells_its_receiver_what_is_theirs(office: Office) -> None:
    world = office.world
    for audience in map(world.audience, (PUBLIC, "members", "closed", "hidden")):
        topic = content.topic(world, audience)
        post = {"body": "Look, @Memo and @Otto and @Sofia."}
        world.accounts["Ines"].robot.done("POST", f"/topics/{topic.id}/posts", post)
        world.accounts["Memo"].robot.done("POST", "/reports", {"of": topic.values["path"], "reason": "spam"})
    world.accounts["Ines"].robot.done("PUT", f"/groups/{world.groups['closed']['slug']}/invitations/Otto")
    office.site.drain()
    found = office.send_all()
    assert set(found) == set(get_args(MailTemplate)), "each kind of mail is sent here, also a new one"
    viewer = world.viewer("Otto")
    may = {each.word for each in world.secrets if each.rule(viewer)}
    others = set(world.accounts) - {"Otto"}
    for template, mail in found.items():
        assert not found_in(mail.told) - may, template
        assert {name for name in others if re.search(rf"\b{name}\b", mail.told)} == set(), template
        for account in world.accounts.values():
            secrets = (account.browser.session, account.robot.token, account.id, PASSWORD)
            assert not [each for each in secrets if each in mail.told or each in mail.file], template
        links = re.findall(r"/sign-in/(?:confirm|reset)/[\w-]{43}", mail.told)
        assert bool(links) == (template in LINKED), template
        to = [str(each.addr_spec) for each in mail.message["To"].addresses]
        expected = {ADDRESS, f"{office.own.word}@mail.test"}
        assert len(to) == 1, template
        assert set(to) <= expected, template
        assert "otto" not in mail.file.lower()
        assert "Otto" not in str(mail.message["Message-ID"])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_somebody_begins_a_header(office: Office, name: str) -> None:
    """The site's name is the only text in mails that somebody chooses whose characters are free."""
    page = office.world.accounts["Adam"].browser.get("/admin/site").text
    revision = re.findall(r'name="revision" value="(\d+)"', page)
    fields = {
        "do": "name",
        "language": "en",
        "name_text": name,
        "revision": max(revision),
        "name_reason": "Yes.",
    }
    changed = office.world.accounts["Adam"].browser.submit("/admin/site", fields)
    assert changed.status in (303, 422)
    office.site.drain()
    for template, mail in office.send_all().items():
        names = [
            line.partition(b":")[0].decode() for line in mail.head.split(b"\r\n") if line[:1] not in b" \t"
        ]
        assert sorted(names) == sorted(HEADERS), template
        assert b"\n" not in mail.head.replace(b"\r\n", b""), template
        assert len(mail.message["To"].addresses) == 1, template
        assert mail.message["From"].addresses[0].addr_spec.endswith("@localhost"), template
        subject = str(mail.message["Subject"])
        assert len(subject.splitlines()) == 1, template
        for part in mail.message.walk():
            if part.get_content_type() == "text/html":
                assert not in_html(part.get_content()), template


def test_no_name_has_what_begins_a_header(office: Office) -> None:
    for name in ("A\r\nBcc: x@evil.test", "=?utf-8?q?x?=", "A <x@evil.test>", "A\u2028B", "A,B", 'A"B'):
        fields = {"name": name, "password": PASSWORD, "email": "new@mail.test", "next": "/"}
        answer = Client(office.site).submit("/sign-up", fields)
        assert answer.status == 422, name
    for address in (
        "a@mail.test\r\nBcc: x@evil.test",
        "a@mail.test, b@evil.test",
        "A <a@evil.test>",
        "a@b@c.test",
    ):
        fields = {"name": f"N{office.world.words.new()}", "password": PASSWORD, "email": address, "next": "/"}
        answer = Client(office.site).submit("/sign-up", fields)
        assert answer.status == 422, address
    assert office.post.sent() == []


def test_asking_for_a_link_says_nothing_of_who_has_an_account(office: Office) -> None:
    office.form("/settings", do="email", email=ADDRESS, email_password=PASSWORD)
    office.follow(office.post.sent()[-1])
    office.post.sent()
    answers = [
        Client(office.site).submit("/sign-in/reset", {"account": account})
        for account in ("Otto", ADDRESS, "Sofia", "Nobody", "nobody@mail.test")
    ]
    assert {(each.status, each.header("Location"), each.text) for each in answers} == {
        (303, "/sign-in/reset?sent=1", answers[0].text)
    }
    assert [str(mail.message["To"]) for mail in office.post.sent()] == [ADDRESS, ADDRESS]
