"""Something to be changed, of each kind, and everybody who would change it."""

from __future__ import annotations

import base64
import io
import re
import sqlite3
from typing import Any

from PIL import Image

from contracts.forum import CreateTopic
from contracts.sign_up_requests import AskForAccount
from contracts.wiki_accounts import WikiIdentity
from core.audience import SILENCED, STRANGER, group_of
from core.settings import SERVICES
from tests.leaks import content
from tests.leaks.site import Client, LocalSite, open_cases
from tests.leaks.world import Item, Reader, World
from tests.push_service import Subscriber

Values = dict[str, Any]
NAMES = ("Mona", "Edda", "Ines", "Memo", "Fora", "Otto", "Silas", "Susi", "Leaver", "Renamed", "Bystander")


class Desk:
    """A small community. Each method that makes something returns its values, for addresses and bodies."""

    def __init__(self, site: LocalSite) -> None:
        self.site, self.world = site, World(site)
        world = self.world
        world.administrator()
        # Who gets roles or another name in a trial tries nothing, in whatever order the trials come.
        for name in (*NAMES, "Promoted", "Misnamed"):
            world.account(name)
        site.drain()
        world.grant("Mona", "moderator")
        world.grant("Edda", "editor")
        world.found("hidden", "hidden")
        for name in ("Memo", "Fora", "Silas", "Leaver"):
            world.bring("hidden", name)
        world.take_out("hidden", "Fora")
        site.drain()
        self._sanction("Silas", "silence")
        self.tokens = [world.token_reader("Ines", "read"), world.token_reader("Ines", "read", "write")]
        self._sanction("Susi", "suspension")
        site.drain()
        for reader in self.everybody(robots=True):
            reader.client.get("/api/v1/me")  # notes today's use of each token
        self._watched = {
            name: sqlite3.connect(
                f"file:{site.home}/{name}.sqlite?mode=ro", uri=True, check_same_thread=False
            )
            for name in SERVICES
        }

    def close(self) -> None:
        for connection in self._watched.values():
            connection.close()

    # Who is there

    def reader(self, name: str, robot: bool = False) -> Reader:
        """Somebody in a browser, or with a token of all scopes."""
        account = self.world.accounts[name]
        viewer = self.world.viewer(name)
        if name == "Silas":
            viewer = viewer.model_copy(update={"scopes": frozenset({"read", SILENCED})})
        if name == "Susi":
            viewer = STRANGER
        return Reader(name, account.robot if robot else account.browser, viewer)

    def everybody(self, robots: bool) -> list[Reader]:
        readers = [Reader("stranger", Client(self.site)), self.reader("Adam", robots)]
        readers += [self.reader(name, robots) for name in NAMES]
        return [*readers, *self.tokens] if robots else readers

    def who(self, by: str, audience: str) -> str:
        """Who moderates, or decides on articles, of an audience."""
        inside = audience != "public"
        return {"moderator": "Ines" if inside else "Mona", "board": "Ines" if inside else "Edda"}.get(by, by)

    # What is stored

    def versions(self) -> dict[str, int]:
        """A number of each service's database, which another one follows whenever anything is written to it."""
        return {
            name: connection.execute("PRAGMA data_version").fetchone()[0]
            for name, connection in self._watched.items()
        }

    def rows_with(self, text: str) -> int:
        """In how many fields of the databases a text stands; the index has nothing of its own."""
        found = 0
        for connection in (self._watched[name] for name in SERVICES if name != "search"):
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
                found += sum(text in str(value) for row in rows for value in row)
        return found

    # What is changed

    @staticmethod
    def picture() -> str:
        file = io.BytesIO()
        Image.new("RGB", (40, 30), "green").save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()

    def nothing(self, audience: str) -> Values:
        return {"audience": self.world.audience(audience), "fresh": self.world.words.new()}

    def _values(self, item: Item) -> Values:
        self.site.drain()
        view = self.world.accounts["Ines"].robot.done("GET", f"/{item.kind}s/{item.id}")
        more = {name: view[name] for name in ("revision", "article_revision") if name in view}
        return {**item.values, **more, **self.nothing("public"), "audience": item.audience}

    def topic(self, audience: str) -> Values:
        return self._values(content.topic(self.world, self.world.audience(audience)))

    def retitled(self, audience: str) -> Values:
        values = self.topic(audience)
        change = {"revision": values["revision"], "title": self.world.words.new()}
        made = self.world.accounts["Ines"].robot.done("PATCH", f"/topics/{values['id']}", change)
        return {**values, "path": f"/talk/t/{made['id']}/{made['slug']}"}

    def withheld_title(self, audience: str) -> Values:
        values = self.retitled(audience)
        path = f"/topics/{values['id']}/history/en/1/withhold"
        self.world.accounts["Ines"].robot.done("POST", path, {"reason": "Private."})
        return values

    def post(self, audience: str) -> Values:
        content.topic(self.world, self.world.audience(audience))
        return self._values(self.world.items_of("post")[-1])

    def event(self, audience: str) -> Values:
        return self._values(content.event(self.world, self.world.audience(audience)))

    def edited_event(self, audience: str) -> Values:
        values = self.event(audience)
        change = {"revision": values["revision"], "body": "Better."}
        self.world.accounts["Ines"].robot.done("PATCH", f"/events/{values['id']}", change)
        return values

    def withheld_event(self, audience: str) -> Values:
        values = self.edited_event(audience)
        path = f"/events/{values['id']}/history/en/1/withhold"
        self.world.accounts["Ines"].robot.done("POST", path, {"reason": "Private."})
        return values

    def attended(self, audience: str) -> Values:
        values = self.event(audience)
        self.world.accounts["Memo"].robot.done("PUT", f"/events/{values['id']}/attendance", {})
        return values

    def article(self, audience: str, state: str, author: str = "Ines") -> Item:
        return content.article(self.world, self.world.audience(audience), state, author)

    def draft(self, audience: str) -> Values:
        return self._values(self.article(audience, "draft"))

    def submitted(self, audience: str) -> Values:
        return self._values(self.article(audience, "submitted"))

    def discussed(self, audience: str) -> Values:
        return self._values(self.article(audience, "published"))

    def translated(self, audience: str) -> Values:
        values = self.draft(audience)
        text = {"title": "Titel", "body": "Worte."}
        self.world.accounts["Memo"].robot.done("PUT", f"/articles/{values['id']}/versions/de", text)
        return values

    def edited(self, audience: str) -> Values:
        values = self.draft(audience)
        change = {"revision": values["revision"], "body": "Better."}
        self.world.accounts["Ines"].robot.done("PATCH", f"/articles/{values['id']}", change)
        return values

    def withheld_article(self, audience: str) -> Values:
        values = self.edited(audience)
        path = f"/articles/{values['id']}/history/en/1/withhold"
        self.world.accounts["Ines"].robot.done("POST", path, {"reason": "Private."})
        return values

    def withheld_post(self, audience: str) -> Values:
        values = self.post(audience)
        path = f"/posts/{values['id']}/history/1/withhold"
        self.world.accounts["Ines"].robot.done("POST", path, {"reason": "Private."})
        return values

    def proposal(self, audience: str) -> Values:
        item = self.article(audience, "published")
        self.site.drain()
        return self._with(content.proposal(self.world, item, "Memo"))

    def deleted_topic(self, audience: str) -> Values:
        return self._deleted(content.topic(self.world, self.world.audience(audience), "Memo"), "moderator")

    def deleted_event(self, audience: str) -> Values:
        made = content.event(self.world, self.world.audience(audience), author="Memo")
        return self._deleted(made, "moderator")

    def deleted_article(self, audience: str) -> Values:
        return self._deleted(self.article(audience, "published"), "board")

    def deleted_post(self, audience: str) -> Values:
        values = self.post(audience)
        by = self.who("moderator", audience)
        robot = self.world.accounts[by].robot
        if by == "Ines":
            # What an author took back is theirs to restore; this is a moderator's deletion of another's.
            topic = values["topic"]
            other = self.world.accounts["Memo"].robot.done(
                "POST", f"/topics/{topic}/posts", {"body": "Spam."}
            )
            values["id"] = other["id"]
        robot.done("DELETE", f"/posts/{values['id']}?reason=spam")
        return values

    def _deleted(self, item: Item, by: str) -> Values:
        audience = "public" if group_of(item.audience) is None else "hidden"
        content.delete(self.world, item, self.who(by, audience))
        return self._with(item)

    def _with(self, item: Item) -> Values:
        self.site.drain()
        return {**item.values, **self.nothing("public"), "audience": item.audience}

    def group(self, audience: str) -> Values:
        """A group of Ines's with Memo and another in it; `public`: a closed one."""
        slug = self.world.words.new()
        item = self.world.found(slug, "hidden" if audience == "hidden" else "closed")
        for name in ("Memo", "Leaver"):
            self.world.bring(slug, name)
        return {**self._with(item), "own": self.world.audience(slug)}

    def invited(self, audience: str) -> Values:
        """The same, with an invitation for Otto."""
        values = self.group(audience)
        self.world.accounts["Ines"].robot.done("PUT", f"/groups/{values['slug']}/invitations/Otto")
        return values

    def site_invitation(self, audience: str) -> Values:
        """An invitation to the site."""
        fields = {"uses": "1", "days": "3", "reason": self.world.words.new()}
        self.world.form("Adam", "/admin/invitations", fields)
        page = self.world.accounts["Adam"].browser.get("/admin/invitations").text
        found = re.findall(r"/admin/invitations/([0-9a-z]{16})/revoke", page)
        return {**self.nothing(audience), "id": max(found)}

    def sign_up_request(self, audience: str) -> Values:
        """A request for an account by somebody with a wiki account."""
        people, word = self.site.services.people, self.world.words.new()
        central_id = str(int.from_bytes(word.encode()) % 10**18 + 1)
        who = WikiIdentity(wiki="https://meta.example/w", central_id=central_id, username=word)
        people.ask_for_account(STRANGER, AskForAccount(identity=who, language="en"))
        waiting = people.sign_up_requests(self.world.viewer("Adam"), None, 50).items
        (one,) = (each for each in waiting if each.username == word)
        return {**self.nothing(audience), "id": one.id}

    def category(self, audience: str) -> Values:
        """A category of the forum with nothing in it."""
        values = self.nothing(audience)
        fields = {"slug": values["fresh"], "language": "en", "name": "Gone soon", "reason": "Yes."}
        self.world.form("Adam", "/admin/categories/talk", fields)
        return values

    def own_category(self, audience: str) -> Values:
        """A category of the group, and another one."""
        ines = self.world.accounts["Ines"].robot
        values = self.group(audience)
        path = f"/groups/{values['slug']}/categories"
        made = [ines.done("POST", path, {"language": "en", "name": name})["slug"] for name in ("One", "Two")]
        self.site.drain()
        return {**values, "category": made[0], "other": made[1]}

    def open_group(self, audience: str) -> Values:
        return self._with(self.world.found(self.world.words.new(), "open"))

    def notified(self, audience: str) -> Values:
        topic = self.topic(audience)
        path = f"/topics/{topic['id']}/posts"
        self.world.accounts["Memo"].robot.done("POST", path, {"body": "Look, @Ines"})
        self.site.drain()
        return topic

    def followed(self, audience: str) -> Values:
        values = self.nothing(audience)
        self.world.accounts["Memo"].robot.done("PUT", f"/follows/tag/{values['fresh']}", {})
        return values

    def subscriber(self, audience: str) -> Values:
        """A browser that has a subscription of its own."""
        values = self.nothing(audience)
        return values | Subscriber(f"https://fcm.googleapis.com/{values['fresh']}").keys

    def device(self, audience: str) -> Values:
        """A phone of Memo's."""
        values = self.subscriber(audience)
        body = {name: values[name] for name in ("endpoint", "p256dh", "auth")}
        made = self.world.accounts["Memo"].robot.done("POST", "/push-devices", {"name": "phone", **body})
        return {**values, "id": made["id"]}

    def newcomer(self, audience: str) -> Values:
        made = self.world.account(f"N{self.world.words.new()}")
        self.site.drain()
        return {**self.nothing(audience), "id": made.id, "name": made.name}

    def token_of_memo(self, audience: str) -> Values:
        self.world.token("Memo", ("read",), self.world.words.new())
        listed = self.world.accounts["Memo"].robot.done("GET", "/tokens")["items"]
        return {**self.nothing(audience), "id": max(each["id"] for each in listed)}

    # Moderation

    def case(self, audience: str, subject: str = "Otto") -> Values:
        """A report on a post, which waits for a moderator."""
        topic = self.topic("public")
        post = self.world.accounts[subject].robot.done(
            "POST", f"/topics/{topic['id']}/posts", {"body": "Rude."}
        )
        given = {"of": f"/talk/p/{post['id']}", "reason": "spam"}
        self.world.accounts["Renamed"].robot.done("POST", "/reports", given)
        self.site.drain()
        return {**self.nothing(audience), "id": self._newest_case("Mona")}

    def held(self, audience: str) -> Values:
        """A topic of Ines's that waits for review."""
        title = self.world.words.new()
        command = CreateTopic(
            language="en",
            title=title,
            body="Not yet.",
            category="help",
            audience=self.world.audience(audience),
        )
        item = self.site.services.forum.hold_topic(self.world.viewer("Ines"), command)
        self.site.drain()
        return {**self.nothing(audience), "id": item.id}

    def held_case(self, audience: str) -> Values:
        """The case of one."""
        self.held(audience)
        return {**self.nothing(audience), "id": self._newest_case("Mona")}

    def claimed_case(self, audience: str) -> Values:
        values = self.case(audience)
        self.world.form("Mona", f"/moderation/cases/{values['id']}/claim", {})
        return values

    def contact(self, audience: str) -> Values:
        """What somebody wrote to the moderators, taken on by Mona."""
        nonce, mona = self.world.words.new(), self.world.accounts["Mona"].browser
        known = set(open_cases(mona))
        Client(self.site).submit("/contact-moderators", {"words": "Help.", "nonce": nonce}, token="")
        self.site.drain()
        # Its id says nothing of when it was written.
        (case,) = set(open_cases(mona)) - known
        self.world.form("Mona", f"/moderation/cases/{case}/claim", {})
        return {**self.nothing(audience), "id": case}

    def decision(self, audience: str) -> Values:
        """A word to Otto."""
        values = self.claimed_case(audience)
        fields = {"person_measure": "word", "reason": "spam", "words": "Be kind."}
        self.world.form("Mona", f"/moderation/cases/{values['id']}/decide", fields)
        self.site.drain()
        told = self.world.accounts["Otto"].browser.get("/notifications").text
        found = re.search(r"/decisions/([0-9a-z]{16})", told)
        assert found
        return {**values, "id": found[1]}

    def claimed_appeal(self, audience: str) -> Values:
        values = self.decision(audience)
        self.world.form("Otto", f"/decisions/{values['id']}/appeal", {"words": "Please."})
        case = self._newest_case("Adam")
        self.world.form("Adam", f"/moderation/cases/{case}/claim", {})
        return {**values, "id": case}

    def _sanction(self, name: str, measure: str) -> None:
        values = self.case("public", name)
        self.world.form("Mona", f"/moderation/cases/{values['id']}/claim", {})
        fields = {"person_measure": measure, "reason": "spam", "days": "30", "words": "Be kind."}
        self.world.form("Mona", f"/moderation/cases/{values['id']}/decide", fields)

    def cases(self, name: str) -> list[str]:
        """The ids of the cases that somebody handles."""
        return open_cases(self.world.accounts[name].browser)

    def _newest_case(self, name: str) -> str:
        return max(open_cases(self.world.accounts[name].browser))
