"""The community that everybody looks at: of each kind of person one, and content of each audience and state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.audience import PUBLIC, Role, Viewer
from tests.leaks import content
from tests.leaks.site import PASSWORD, Client, LocalSite, open_cases, session_of
from tests.leaks.words import Rule
from tests.leaks.world import (
    Item,
    Reader,
    World,
    both,
    either,
    moderators,
    nobody,
    of,
    open_to_names,
    signed_in,
)

GROUPS = {"open": "open", "closed": "closed", "hidden": "hidden"}
AUDIENCES = ("public", "members", "open", "closed", "hidden")
PARTS: dict[str, tuple[Role, str, str]] = {
    "Lena": ("moderator", "language", "en"),
    "Dora": ("moderator", "language", "de"),
    "Tara": ("moderator", "category", "talk:help"),
    "Nora": ("editor", "category", "news:stories"),
}
"""Who has a role for a part of the site; Gina is an editor of the closed group."""
STATES = ("draft", "submitted", "returned", "scheduled", "declined", "published")


ARCHIVE = "/settings/data"
_TOLD_AT = (
    "/notifications",
    "/settings/notifications",
    "/api/v1/notifications",
    "/api/v1/notifications/mail/preview",
    "/api.php",
    ARCHIVE,
)
"""Where somebody reads what they were notified of; the settings say what of it would have gone out by mail."""


def _administers(viewer: Viewer) -> bool:
    return viewer.has("administrator")


class Cast:
    """A world with everybody and everything in it. `raw`: strings that nobody is ever told."""

    def __init__(self, site: LocalSite) -> None:
        self.site, self.world = site, World(site)
        self.raw: dict[str, str] = {}
        self._people()
        self._groups()
        self._content()
        self._moderation()
        self._own_things()
        site.drain()
        self.readers = {reader.name: reader for reader in self._readers()}

    def _people(self) -> None:
        world = self.world
        world.administrator()
        self.named: dict[str, str] = {}
        for part in ("decider", "reporter", "asker", "attendee", "waiter"):
            self.named[part] = f"{part[0].upper()}{world.words.new()}"
        for name in (
            "Mona",
            "Mira",
            "Edda",
            "Ines",
            "Memo",
            "Fora",
            "Otto",
            "Silas",
            "Susi",
            *PARTS,
            "Gina",
            *self.named.values(),
        ):
            world.account(name)
        world.site.drain()
        for name in ("Mona", "Mira", self.named["decider"]):
            world.grant(name, "moderator")
        world.grant("Edda", "editor")
        for name, given in PARTS.items():
            world.grant_part(name, *given)
        # Limits on how much a member writes are not what this is about.
        world.grant("Ines", "moderator")

    def _groups(self) -> None:
        world = self.world
        for slug, kind in GROUPS.items():
            world.found(slug, kind)
            for name in ("Memo", "Fora"):
                world.bring(slug, name)
        for name in ("Silas", "Susi"):
            world.bring("hidden", name)
        world.bring("closed", "Gina")
        world.grant_part("Gina", "editor", "group", "closed")
        closed = world.groups["closed"]
        world.accounts[self.named["asker"]].robot.done("POST", f"/groups/{closed['slug']}/join")
        self._secret_name("asker", "who asked to join the closed group", moderators(closed["audience"]))
        world.site.drain()

    def _content(self) -> None:
        world = self.world
        for audience in map(world.audience, AUDIENCES):
            content.topic(world, audience)
            content.event(world, audience)
            content.article(world, audience, pictured=True)
        content.picture(world, "Ines", "picture of nothing")
        for audience in map(world.audience, ("public", "closed", "hidden")):
            for state in STATES[:-1]:
                content.article(world, audience, state, pictured=state == "draft")
            content.event(world, audience, "cancelled")
            by = "Mona" if audience == PUBLIC else "Ines"
            for kind in (content.topic, content.event, content.article):
                content.delete(
                    world, kind(world, audience), "Edda" if by == "Mona" and kind is content.article else by
                )
        for audience in map(world.audience, ("public", "hidden")):
            world.site.drain()
            article = next(
                item for item in world.items_of("article")
                if item.audience == audience and item.state == "published"
            )  # fmt: skip
            content.proposal(world, article, "Memo")
        world.site.drain()
        self._attendance()
        self._withheld()
        self._held()

    def _held(self) -> None:
        """Topics that wait for review, for everybody and in the hidden group, and the cases about them."""
        world, term = self.world, "holdthis"
        world.form("Adam", "/admin/terms", {"do": "add", "text": term, "action": "hold", "reason": "Test"})
        world.site.drain()
        for audience, by in ((PUBLIC, "Mona"), (world.audience("hidden"), "Ines")):
            item = content.held(world, audience, term)
            told = (
                world.only("Ines")
                if by == "Ines"
                else world.only("Mona", "Mira", "Ines", "Lena", "Tara", self.named["decider"])
            )
            for secret in item.secrets:
                secret.open_at = self._open_to_told(told)
            world.site.drain()
            self._case("a topic that waits", moderators(audience, item.parts), by=by)

    def _attendance(self) -> None:
        event = self._first("event", PUBLIC)
        path = f"/events/{event.id}"
        revision = self.world.accounts["Ines"].robot.done("GET", path)["revision"]
        self.world.accounts["Ines"].robot.done("PATCH", path, {"revision": revision, "seats": 1})
        for part in ("attendee", "waiter"):
            self.world.accounts[self.named[part]].robot.done("PUT", f"{path}/attendance", {})
        self._secret_name("attendee", "who attends the public event", signed_in)
        self._secret_name("waiter", "who waits for a seat at the public event", signed_in)

    def _withheld(self) -> None:
        """An earlier text that Silas wrote in the public topic, and took out of its history."""
        world, topic = self.world, self._first("topic", PUBLIC)
        secret = world.secret("a withheld text of a post", moderators(PUBLIC, topic.parts))
        robot = world.accounts["Silas"].robot
        post = robot.done("POST", f"/topics/{topic.id}/posts", {"body": f"Call {secret.word}."})
        robot.done("PATCH", f"/posts/{post['id']}", {"revision": 1, "body": "Better not."})
        robot.done("POST", f"/posts/{post['id']}/history/1/withhold", {"reason": "Private."})
        self._withheld_of_event()
        values = {"id": post["id"], "word": "Better", "topic": topic.id}
        self.post_of_silas = world.note(Item("post", values, of(PUBLIC), PUBLIC, author="Silas"))

    def _withheld_of_event(self) -> None:
        """A text that Ines gave the public event for a while, and took out of its history."""
        world, event = self.world, self._first("event", PUBLIC)
        secret = world.secret(
            "a withheld text of an event",
            moderators(PUBLIC, event.parts),
            # Who wrote it takes it along.
            open_at=lambda rule, viewer: rule == ARCHIVE and viewer.name == "Ines",
        )
        robot, path = world.accounts["Ines"].robot, f"/events/{event.id}"
        said = robot.done("GET", path)
        call = f"Call {secret.word}"
        for title, body in ((call, f"{call}."), (said["title"], said["body"])):
            revision = robot.done("GET", path)["revision"]
            robot.done("PATCH", path, {"revision": revision, "title": title, "body": body})
        robot.done("POST", f"{path}/history/en/2/withhold", {"reason": "Private."})

    def _moderation(self) -> None:
        """Silas is silenced and appeals, Susi is suspended, a report is open, and one is in the hidden group."""
        world, decider = self.world, self.named["decider"]
        topic = self._first("topic", PUBLIC)
        handlers, of_site = moderators(PUBLIC, topic.parts), moderators(PUBLIC)
        self._reports_inside()
        self._contact()
        self._secret_name("reporter", "who reported", handlers)
        self._secret_name("decider", "who decided", handlers)
        decision = self._decide(self.post_of_silas.values["path"], "Silas", "silence")
        who_may_answer = both(of_site, lambda viewer: viewer.name != decider)
        appeal = world.secret("words of an appeal", either(world.only("Silas"), who_may_answer), in_api=False)
        world.form("Silas", f"/decisions/{decision.id}/appeal", {"words": f"Please {appeal.word}."})
        self._case("an appeal", who_may_answer)
        post = world.accounts["Susi"].robot.done("POST", f"/topics/{topic.id}/posts", {"body": "Rude."})
        # She is suspended only once everybody has a token, for then she gets none.
        self._post_of_susi = f"/talk/p/{post['id']}"
        self._report(topic.values["path"], handlers, "an open report")
        self._case("an open report", handlers)

    def _reports_inside(self) -> None:
        """A report in the hidden group on a member, for its moderator, and one on its moderator, for the site's."""
        world, audience = self.world, self.world.audience("hidden")
        memo = world.accounts["Memo"].robot
        topic = self._first("topic", audience)
        post = world.accounts["Silas"].robot.done("POST", f"/topics/{topic.id}/posts", {"body": "No."})
        own = {"in_api": False, "open_at": self._open_to_memo}
        words = world.secret("a report in the hidden group", moderators(audience), **own)
        given = {"reason": "spam", "words": f"See {words.word}."}
        memo.done("POST", "/reports", {"of": f"/talk/p/{post['id']}", **given})
        self._case("a report in the hidden group", moderators(audience), by="Ines")
        words = world.secret("a report on the group's moderator", moderators(PUBLIC), **own)
        title, body = (
            world.secret(f"{part} of what was reported", of(audience)) for part in ("title", "text")
        )
        title.open_at = body.open_at = self._open_to_handlers
        text = {
            "language": "en",
            "title": f"Title {title.word}",
            "body": f"Text {body.word}.",
            "audience": audience,
        }
        made = world.accounts["Ines"].robot.done("POST", "/topics", text)
        values = {"id": made["id"], "slug": made["slug"], "word": title.word, "tag": "none"}
        item = world.note(Item("topic", values, of(audience), audience, secrets=[title, body]))
        given = {"reason": "spam", "words": f"See {words.word}."}
        memo.done("POST", "/reports", {"of": item.values["path"], **given})
        self._case("a report on the group's moderator", moderators(PUBLIC))

    @staticmethod
    def _open_to_told(told: Rule) -> Callable[[str, Viewer], bool]:
        """Where somebody reads what they were notified of, in whatever way they come."""
        return lambda route, viewer: route in _TOLD_AT and told(viewer)

    def _open_to_handlers(self, route: str, viewer: Viewer) -> bool:
        """Where the site's moderators read what somebody in a group reported to them."""
        if route.startswith("/moderation"):
            return moderators(PUBLIC)(viewer)
        told = self.world.only("Mona", "Mira", self.named["decider"])
        return route in _TOLD_AT and told(viewer)

    def _open_to_memo(self, route: str, viewer: Viewer) -> bool:
        """What Memo wrote to moderators is in the archive of what is Memo's."""
        return route == ARCHIVE and viewer.name == "Memo"

    def _contact(self) -> None:
        """What somebody wrote to the moderators without an account, and their answer."""
        world, handlers = self.world, moderators(PUBLIC)
        asked, answered = (
            world.secret(f"a message to the moderators: {part}", handlers, in_api=False)
            for part in ("question", "answer")
        )
        fields = {"words": f"Help {asked.word}.", "nonce": "a-nonce-of-a-form"}
        page = Client(world.site).submit("/contact-moderators", fields, token="").text
        code = re.search(r'name="code" value="(\d{16})"', page)
        assert code, page
        self.raw[code[1]] = "the code of a message to the moderators"
        world.site.drain()
        case = self._case("a message to the moderators", handlers)
        world.form("Mona", f"/moderation/cases/{case.id}/claim", {})
        world.form("Mona", f"/moderation/cases/{case.id}/reply", {"words": f"Since {answered.word}."})

    def _report(self, path: str, rule: Any, what: str) -> None:
        words = self.world.secret(f"words of {what}", rule, in_api=False)
        given = {"of": path, "reason": "spam", "words": f"See {words.word}."}
        self.world.accounts[self.named["reporter"]].robot.done("POST", "/reports", given)

    def _decide(self, path: str, subject: str, measure: str) -> Item:
        """Let somebody be reported and the decider decide on them."""
        world, decider = self.world, self.named["decider"]
        handlers = moderators(PUBLIC, self._first("topic", PUBLIC).parts)
        concerned = world.only(subject)
        self._report(path, both(handlers, lambda viewer: not concerned(viewer)), f"a report on {subject}")
        case = self._case(f"the case of {subject}", handlers)
        told = either(concerned, handlers)
        words = world.secret(f"words of the decision on {subject}", told, in_api=False)
        world.form(decider, f"/moderation/cases/{case.id}/claim", {})
        fields = {"person_measure": measure, "reason": "spam", "days": "30", "words": f"Since {words.word}."}
        world.form(decider, f"/moderation/cases/{case.id}/decide", fields)
        world.site.drain()
        item = Item("decision", {"id": ""}, concerned)
        if measure == "suspension":
            answer = Client(world.site).submit("/sign-in", {"name": subject, "password": PASSWORD})
            found = re.search(r"/decisions/([0-9a-z]{16})", answer.header("Location"))
            words.shown = False
        else:
            notifications = world.accounts[subject].browser.get("/notifications").text
            found = re.search(r"/decisions/([0-9a-z]{16})", notifications)
        assert found
        item.values["id"] = found[1]
        return world.note(item)

    def _case(self, what: str, rule: Any, by: str = "Mona") -> Item:
        """The newest open case of those that somebody handles."""
        known = {item.id for item in self.world.items_of("case")}
        ids = [each for each in open_cases(self.world.accounts[by].browser) if each not in known]
        return self.world.note(Item("case", {"id": ids[0]}, rule, state=what))

    def _own_things(self) -> None:
        """What only Otto sees of his account, and what nobody sees."""
        world, own = self.world, self.world.only("Otto")
        address = world.secret("a mail address", own)
        otto = world.accounts["Otto"]
        fields = {"do": "email", "email": f"{address.word}@mail.test", "email_password": PASSWORD}
        world.form("Otto", "/settings", fields)
        world.token("Otto", label=f"Token {world.secret('the label of a token', own).word}")
        tag = world.secret("a followed tag", own)
        otto.robot.done("PUT", f"/follows/tag/{tag.word}", {})
        search = world.secret("a followed search", own)
        otto.robot.done("PUT", f"/follows/search/{search.word}%20tag:maps", {})
        browser = Client(world.site, cookies={})
        agent = world.secret("a browser's own name", nobody)
        token = browser.form_token()
        data = f"name=Otto&password={PASSWORD.replace(' ', '+')}&csrf_token={token}".encode()
        signed = browser.send(
            "POST",
            "/sign-in",
            data,
            kind="application/x-www-form-urlencoded",
            User_Agent=f"Firefox {agent.word}",
        )
        self.raw[session_of(signed)] = "a session"
        page = world.form("Fora", "/settings", {"do": "factor", "factor_password": PASSWORD}).text
        secret = re.search(r"\b[A-Z2-7]{32}\b", page)
        assert secret, page
        self.raw[secret[0]] = "the secret of a second factor"
        reason = world.secret("why a role was granted", _administers, in_api=False)
        world.form("Adam", "/admin/people/Otto", {"change": "grant-editor", "reason": reason.word})
        world.form("Adam", "/admin/people/Otto", {"change": "revoke-editor", "reason": "Back."})
        world.account("Nele")
        for account in world.accounts.values():
            self.raw[account.browser.session] = f"the session of {account.name}"
            self.raw[account.robot.token] = f"the token of {account.name}"

    def _secret_name(self, part: str, what: str, rule: Any) -> None:
        """What somebody did is secret, though their name is not."""
        name = self.named[part]
        own = self.world.only(name)
        secret = self.world.secret(what, either(rule, own), shown=False, open_at=open_to_names)
        secret.word = name[1:]

    def _first(self, kind: str, audience: str) -> Item:
        return next(
            item
            for item in self.world.items_of(kind)
            if item.audience == audience and item.state != "deleted"
        )

    def _readers(self) -> list[Reader]:
        world = self.world
        world.grant("Ines", "moderator", held=False)
        for slug in GROUPS:
            world.take_out(slug, "Fora")
        tokens = [
            world.token_reader(name, *scopes)
            for name in ("Ines", "Mona", "Adam")
            for scopes in (("read",), ("read", "write"), ("read", "write", "moderate"))
        ]
        tokens += [
            world.token_reader("Lena", *scopes)
            for scopes in (("read", "write"), ("read", "write", "moderate"))
        ]
        self._decide(self._post_of_susi, "Susi", "suspension")
        world.site.drain()
        for reader in tokens:
            self.raw[reader.client.token] = f"the token of {reader.name}"
        decider = replace(world.reader(self.named["decider"]), name="decider")
        # Who is suspended is nobody: their session says nothing.
        suspended = Reader("Susi", world.accounts["Susi"].browser)
        names = ("Otto", "Nele", "Silas", "Fora", "Memo", "Ines", "Mona", "Edda", "Adam", *PARTS, "Gina")
        return [
            Reader("stranger", Client(world.site)),
            suspended,
            decider,
            *map(world.reader, names),
            *tokens,
        ]
