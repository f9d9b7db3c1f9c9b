"""Random communities: a plan says what there will be, and `build` makes it on a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from core.audience import Role
from tests.leaks import content
from tests.leaks.words import Rule
from tests.leaks.world import Item, World, either, everybody, of, open_to_names

Inside = Literal["member", "moderator", "left"]
Kind = Literal["open", "closed", "unlisted", "hidden"]
Office = tuple[Role, str, str]

STAFF = {"Mona": "moderator", "Edda": "editor"}
PEOPLE = ("Memo", "Fora", "Otto")
"""Who has whatever role and membership; Ines founds the groups and writes most."""
READERS = ("Ines", *STAFF, *PEOPLE)
KINDS: tuple[Kind, ...] = ("open", "closed", "unlisted", "hidden")
"""An unlisted group is a closed one whose members those outside do not see."""
OFFICES: tuple[Office, ...] = (
    ("moderator", "", ""), ("editor", "", ""), ("moderator", "language", "de"), ("editor", "language", "en"),
    ("moderator", "category", "talk:help"), ("editor", "category", "news:stories"),
)  # fmt: skip
ARTICLES = ("draft", "submitted", "returned", "declined", "scheduled", "published")
SORTS = ("topic", "event", "cancelled", *ARTICLES)


@dataclass(frozen=True)
class Thing:
    """Something to be written, for everybody, for members, or for the group of this number."""

    sort: str
    audience: str
    language: str
    deleted: bool


@dataclass(frozen=True)
class GroupPlan:
    kind: Kind
    inside: dict[str, Inside]
    archived: bool


@dataclass(frozen=True)
class Plan:
    """A community, and what of it is lost later: `last` is a thing, by its number."""

    offices: dict[str, Office]
    groups: list[GroupPlan]
    things: list[Thing]
    last: int


def things(audiences: tuple[str, ...], sorts: Sequence[str] = SORTS) -> st.SearchStrategy[Thing]:
    """Something for one of these audiences."""
    return st.builds(
        Thing,
        sort=st.sampled_from(sorts),
        audience=st.sampled_from(audiences),
        language=st.sampled_from(("en", "de")),
        deleted=st.sampled_from((False, False, True)),
    )


def plans() -> st.SearchStrategy[Plan]:
    """Communities of two groups with six to eight things in them."""
    inside: st.SearchStrategy[Inside] = st.sampled_from(("member", "moderator", "left"))
    group = st.builds(
        GroupPlan,
        kind=st.sampled_from(KINDS),
        inside=st.dictionaries(st.sampled_from(PEOPLE), inside),
        archived=st.booleans(),
    )
    return st.builds(
        Plan,
        offices=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(OFFICES)),
        groups=st.lists(group, min_size=2, max_size=2, unique_by=lambda each: each.kind),
        things=st.lists(things(("public", "members", "0", "1")), min_size=6, max_size=8),
        last=st.integers(0, 7),
    )


def small_plans() -> st.SearchStrategy[Plan]:
    """Communities of a group that not all see into, with a thing for each audience.

    Hypothesis begins with the first of each choice: the simplest of these already has something to tell.
    """
    inside: st.SearchStrategy[Inside] = st.sampled_from(("member", "moderator"))
    group = st.builds(
        GroupPlan,
        kind=st.sampled_from(("hidden", "unlisted", "closed")),
        inside=st.fixed_dictionaries({"Memo": inside, "Fora": st.just("left")}),
        archived=st.booleans(),
    )
    each = zip(("0", "public", "members"), ("topic", "event", "published"), strict=True)
    return st.builds(
        Plan,
        offices=st.fixed_dictionaries({"Otto": st.sampled_from(OFFICES)}),
        groups=group.map(lambda one: [one]),
        things=st.tuples(
            *(things((audience,), sorted(SORTS, key=lambda sort: sort != first)) for audience, first in each)
        ).map(list),
        last=st.integers(1, 2),
    )


@dataclass
class Built:
    """What a plan has become: its things in order, and of each group somebody who is in it and does nothing."""

    world: World
    plan: Plan
    things: list[Item] = field(default_factory=list)
    quiet: dict[str, str] = field(default_factory=dict)

    def make(self, thing: Thing) -> None:
        """Let Ines write something."""
        world, audience = self.world, self.world.audience(thing.audience)
        if thing.sort == "topic":
            item = content.topic(world, audience, language=thing.language)
        elif thing.sort in ("event", "cancelled"):
            status = "confirmed" if thing.sort == "event" else "cancelled"
            item = content.event(world, audience, status, language=thing.language)
        else:
            item = content.article(world, audience, thing.sort, language=thing.language)
        world.site.drain()
        self.things.append(content.delete(world, item, deleter(item)) if thing.deleted else item)

    def lose(self) -> None:
        """Take all of `PEOPLE` out of the groups and their roles from them, and delete a thing."""
        world = self.world
        for slug, inside in world.inside.items():
            for name in sorted(set(inside) & set(PEOPLE)):
                world.take_out(slug, name)
        for name, (role, kind, part) in self.plan.offices.items():
            if kind:
                world.take_part(name, role, f"{kind}:{part}" if kind == "language" else part)
            else:
                world.grant(name, role, held=False)
        item = self.things[self.plan.last % len(self.things)]
        if item.state != "deleted":
            content.delete(world, item, deleter(item))


def deleter(item: Item) -> str:
    """Who may delete an item."""
    if item.audience.startswith("group:"):
        return "Ines"
    return "Edda" if item.kind == "article" else "Mona"


def members_of(world: World, slug: str, kind: Kind) -> Rule:
    """Who sees who is in a group."""
    return of(world.audience(slug)) if kind in ("unlisted", "hidden") else everybody


def build(world: World, plan: Plan) -> Built:
    """Make what is planned; the categories are there."""
    built = Built(world, plan)
    world.administered()
    for name in READERS:
        world.account(name)
    for name, role in {**STAFF, "Ines": "moderator"}.items():
        world.grant(name, role)  # type: ignore[arg-type]
    for number, group in enumerate(plan.groups):
        _found(built, str(number), group)
    for name, (role, kind, part) in plan.offices.items():
        if kind:
            world.grant_part(name, role, kind, part)
        else:
            world.grant(name, role)
    world.site.drain()
    for thing in plan.things:
        built.make(thing)
    # What she wrote as a moderator, whom no limit holds, she reads as anybody.
    world.grant("Ines", "moderator", held=False)
    for slug, group in enumerate(plan.groups):
        for name in [name for name, inside in group.inside.items() if inside == "left"]:
            world.take_out(str(slug), name)
        if group.archived:
            world.change_group(str(slug), {"archived": True})
    world.site.drain()
    return built


def _found(built: Built, slug: str, group: GroupPlan) -> None:
    world = built.world
    world.found(slug, "closed" if group.kind == "unlisted" else group.kind)
    if group.kind == "unlisted":
        world.change_group(slug, {"members_shown": False})
    for name, inside in sorted(group.inside.items()):
        world.bring(slug, name, "member" if inside == "left" else inside)
    quiet = f"Q{world.words.new()}"
    built.quiet[slug] = quiet
    world.account(quiet)
    world.bring(slug, quiet)
    rule = either(members_of(world, slug, group.kind), world.only(quiet))
    secret = world.secret(f"who is in the {group.kind} group", rule, open_at=open_to_names)
    secret.word = quiet[1:]
