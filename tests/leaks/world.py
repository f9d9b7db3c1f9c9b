"""A community in which every text has a word of its own, and everybody who may look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.audience import PUBLIC, STRANGER, Role, Viewer, group_of, may_see
from tests.leaks.site import PASSWORD, Answer, Client, Site, session_of
from tests.leaks.words import Rule, Secret, Words

Scope = Literal["read", "write", "moderate"]
PATHS = {
    "topic": "/talk/t/{id}/{slug}",
    "post": "/talk/p/{id}",
    "article": "/news/{slug}",
    "event": "/events/{id}/{slug}",
    "group": "/groups/{slug}",
    "person": "/people/{name}",
}
NAMED_AT = (
    "/people", "/api/v1/people", "/search", "/api/v1/search", "/feeds/search", "/api.php", "/admin/people", "/report",
    "/wiki",
)  # fmt: skip
ALL_SCOPES: tuple[Scope, ...] = ("read", "write", "moderate")


def everybody(viewer: Viewer) -> bool:
    return True


def nobody(viewer: Viewer) -> bool:
    return False


def signed_in(viewer: Viewer) -> bool:
    return viewer.signed_in


def open_to_names(route: str, viewer: Viewer) -> bool:
    """Where everybody's name stands, whatever they did."""
    return route.startswith(NAMED_AT)


def of(audience: str) -> Rule:
    """Who may see what has this audience."""
    return lambda viewer: may_see(viewer, audience)


def both(one: Rule, other: Rule) -> Rule:
    return lambda viewer: one(viewer) and other(viewer)


def either(one: Rule, other: Rule) -> Rule:
    return lambda viewer: one(viewer) or other(viewer)


def parts_of(kind: str, language: str, category: str = "") -> tuple[str, ...]:
    """The parts of the site that an item is in, as roles for a part name them."""
    domain = {"topic": "talk", "article": "news"}.get(kind)
    return (f"language:{language}", *([f"{domain}:{category}"] if domain and category else []))


def _delegated(viewer: Viewer, role: str, parts: Iterable[str]) -> bool:
    return any(f"{role}:{part}" in viewer.delegated for part in parts)


def moderators(audience: str, parts: tuple[str, ...] = ()) -> Rule:
    """Who moderates what has this audience: in a group its own moderators, elsewhere the site's and those of its
    `parts`."""
    group = group_of(audience)

    def rule(viewer: Viewer) -> bool:
        if not viewer.may("moderate"):
            return False
        if group is not None:
            return group in viewer.moderates
        return viewer.has("moderator") or _delegated(viewer, "moderator", parts)

    return rule


def board(audience: str, parts: tuple[str, ...] = ()) -> Rule:
    """Who decides on articles of this audience, which are in these parts; a group has editors of its own."""
    group = group_of(audience)

    def rule(viewer: Viewer) -> bool:
        if group is None:
            return viewer.has("editor") or _delegated(viewer, "editor", parts)
        if group in viewer.moderates:
            return True
        return group in viewer.groups and (viewer.has("editor") or _delegated(viewer, "editor", (audience,)))

    return rule


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at everything. `viewer` is who they are, as this test knows it."""

    name: str
    client: Client
    viewer: Viewer = STRANGER


@dataclass
class Item:
    """Something with an address. `values` fill the addresses of its kind, `known` says who may know that it is there;
    for anybody else its addresses answer as one that never was. `secrets` are those of its texts."""

    kind: str
    values: dict[str, str]
    known: Rule
    audience: str = PUBLIC
    state: str = ""
    author: str = ""
    parts: tuple[str, ...] = ()
    secrets: list[Secret] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.values["id"]


@dataclass(frozen=True)
class Account:
    """Somebody with an account: in a browser, and with a token of all scopes."""

    name: str
    id: str
    browser: Client
    robot: Client


class World:
    """People and groups on a site. What is written is noted in `secrets` and `items`."""

    def __init__(self, site: Site, seed: int = 7) -> None:
        self.site = site
        self.words = Words(seed)
        self.secrets: list[Secret] = []
        self.items: list[Item] = []
        self.accounts: dict[str, Account] = {}
        self.roles: dict[str, set[Role]] = {}
        self.delegated: dict[str, set[str]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.inside: dict[str, dict[str, str]] = {}

    def administrator(self) -> None:
        """Let Adam sign up, and be the administrator."""
        self.account("Adam")
        self.site.make_administrator("Adam")
        self.roles["Adam"] = {"administrator"}

    def administered(self) -> None:
        """Let Adam be the administrator, and make a category of the blog (`stories`) and one of the forum (`help`)."""
        self.administrator()
        for domain, slug in (("talk", "help"), ("news", "stories")):
            fields = {"slug": slug, "language": "en", "name": slug, "about": slug, "reason": "For the test."}
            self.form("Adam", f"/admin/categories/{domain}", fields)

    def secret(self, what: str, rule: Rule, **more: Any) -> Secret:
        """A new word for a text."""
        made = Secret(self.words.new(), what, rule, **more)
        self.secrets.append(made)
        return made

    def note(self, item: Item) -> Item:
        """Keep an item, with its kind and the path of its page among its values."""
        item.values.setdefault("kind", item.kind)
        if item.kind in PATHS:
            item.values["path"] = PATHS[item.kind].format(**item.values)
        self.items.append(item)
        return item

    def items_of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    # People

    def account(self, name: str) -> Account:
        """Sign up."""
        answer = Client(self.site).submit("/sign-up", {"name": name, "password": PASSWORD, "next": "/"})
        assert answer.status in (302, 303), answer.text[:3000]
        browser = Client(self.site, session=session_of(answer))
        robot = Client(self.site, token=self.token(name))
        made = Account(name, robot.done("GET", "/me")["id"], browser, robot)
        self.accounts[name] = made
        self.note(Item("person", {"id": made.id, "name": name}, everybody))
        return made

    def token(self, name: str, scopes: Iterable[Scope] = ALL_SCOPES, label: str = "robot") -> str:
        body = {"name": name, "password": PASSWORD, "label": label, "scopes": list(scopes)}
        made: str = Client(self.site).done("POST", "/tokens", body)["token"]
        return made

    def grant(self, name: str, role: Role, held: bool = True) -> None:
        """Let the administrator give or take a role."""
        change = f"{'grant' if held else 'revoke'}-{role}"
        self.form("Adam", f"/admin/people/{name}", {"change": change, "reason": "For the test."})
        roles = self.roles.setdefault(name, set())
        (roles.add if held else roles.discard)(role)

    def grant_part(self, name: str, role: Role, field: str, part: str) -> None:
        """Let the administrator give a role for a part, as the page's field names it: a `language`, a `category` as
        `talk:help`, or a `group`, by what the test calls it."""
        value = self.groups[part]["slug"] if field == "group" else part
        fields = {"role": role, field: value, "reason": "For the test."}
        self.form("Adam", f"/admin/people/{name}/parts", fields)
        named = {"language": f"language:{part}", "category": part}.get(field) or self.audience(part)
        self.delegated.setdefault(name, set()).add(f"{role}:{named}")

    def take_part(self, name: str, role: Role, part: str) -> None:
        """Let the administrator take a role for a part, as roles name it."""
        change = {"change": f"revoke-{role} {part}", "reason": "For the test."}
        self.form("Adam", f"/admin/people/{name}", change)
        self.delegated[name].discard(f"{role}:{part}")

    def form(self, name: str, path: str, fields: dict[str, Any]) -> Answer:
        """Send a form that must be accepted."""
        answer = self.accounts[name].browser.submit(path, fields)
        assert answer.status in (200, 302, 303), (path, answer.status, answer.text[:3000])
        return answer

    def viewer(self, name: str) -> Viewer:
        """Who somebody is, as this test knows it."""
        states = {slug: inside[name] for slug, inside in self.inside.items() if name in inside}
        ids = {slug: self.groups[slug]["id"] for slug in states}
        return Viewer(
            person_id=self.accounts[name].id,
            name=name,
            roles=frozenset({"member", *self.roles.get(name, ())}),
            groups=frozenset(ids.values()),
            moderates=frozenset(ids[slug] for slug, state in states.items() if state == "moderator"),
            delegated=frozenset(self.delegated.get(name, ())),
        )

    def reader(self, name: str) -> Reader:
        """Somebody with a browser."""
        return Reader(name, self.accounts[name].browser, self.viewer(name))

    def token_reader(self, name: str, *scopes: Scope) -> Reader:
        """Somebody with a token of these scopes; only with `moderate` it has their roles."""
        viewer = self.viewer(name)
        if "moderate" not in scopes:
            none: dict[str, frozenset[str]] = {"moderates": frozenset(), "delegated": frozenset()}
            viewer = viewer.model_copy(update={"roles": frozenset({"member"}), **none})
        viewer = viewer.model_copy(update={"scopes": frozenset(scopes)})
        return Reader(f"{name}-{'-'.join(scopes)}", Client(self.site, token=self.token(name, scopes)), viewer)

    def only(self, *names: str) -> Rule:
        """These people, in whatever way they come."""
        ids = {self.accounts[name].id for name in names}
        return lambda viewer: viewer.person_id in ids

    # Groups

    def found(self, slug: str, kind: str, founder: str = "Ines") -> Item:
        """Create a group with words in its name, description and address. `slug` is what the test calls it."""
        words = [self.words.new() for _ in range(3)]
        body = {
            "slug": words[2], "kind": kind, "language": "en", "name": f"Circle {words[0]}",
            "about": f"On {words[1]}.",
        }  # fmt: skip
        made = self.accounts[founder].robot.done("POST", "/groups", body)
        self.groups[slug], self.inside[slug] = made, {founder: "moderator"}
        rule = of(made["audience"]) if kind == "hidden" else everybody
        secrets = [
            Secret(word, f"{what} of the {kind} group", rule)
            for word, what in zip(words, ("name", "description", "address"), strict=True)
        ]
        self.secrets += secrets
        values = {"id": made["id"], "slug": made["slug"], "word": words[0], "name": founder}
        audience = made["audience"] if kind == "hidden" else PUBLIC
        return self.note(Item("group", values, rule, audience, kind, founder, secrets=secrets))

    def bring(self, slug: str, name: str, state: str = "member") -> None:
        """Let somebody into a group."""
        group = self.groups[slug]
        robot = self.accounts[name].robot
        if group["kind"] == "hidden":
            self._of_founder("PUT", slug, name, {"state": "member"})
            robot.done("POST", f"/groups/{group['slug']}/invitation", {"accepted": True})
        else:
            robot.done("POST", f"/groups/{group['slug']}/join")
        if group["kind"] == "closed" or state == "moderator":
            self._of_founder("PUT", slug, name, {"state": state})
        self.inside[slug][name] = state

    def take_out(self, slug: str, name: str) -> None:
        """Take somebody out of a group."""
        self._of_founder("DELETE", slug, name)
        del self.inside[slug][name]

    def change_group(self, slug: str, change: dict[str, bool]) -> None:
        """Let the founder archive a group, or hide who is in it."""
        group, founder = self.groups[slug], self.accounts[next(iter(self.inside[slug]))]
        founder.robot.done("PATCH", f"/groups/{group['slug']}", change)
        if change.get("archived"):
            next(item for item in self.items_of("group") if item.id == group["id"]).state = "archived"

    def _of_founder(self, method: str, slug: str, name: str, body: Any = None) -> None:
        founder = self.accounts[next(iter(self.inside[slug]))]
        founder.robot.done(method, f"/groups/{self.groups[slug]['slug']}/members/{name}", body)

    def audience(self, slug: str) -> str:
        """The audience of a group, by what the test calls it; `public` and `members` are their own."""
        found: str = self.groups[slug]["audience"] if slug in self.groups else slug
        return found
