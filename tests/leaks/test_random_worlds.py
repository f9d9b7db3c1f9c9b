"""In a random community everybody gathers what `may_see` allows, no less and no more, before and after people lose
their memberships and roles; and what happens in a group changes not a byte of what those read who may not know of it.

Most communities are in this process; a small one is on a Space whose services are processes, as an operator starts
them. `SPACE_TEST_WORLDS` communities are tried, random ones, in place of the same few each time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import clock
from services.shared.limits import without_limits
from tests.leaks import content
from tests.leaks.exact import wrong_lists
from tests.leaks.looking import LOOKS, Look, Looking, comparable, difference, looks, missing
from tests.leaks.plans import (
    PEOPLE,
    READERS,
    Built,
    GroupPlan,
    Plan,
    Thing,
    build,
    plans,
    small_plans,
    things,
)
from tests.leaks.site import Client, LocalSite, RunningSite
from tests.leaks.world import Reader, World
from tests.story.harness import running_system

pytestmark = pytest.mark.timeout(1800)

NOON = datetime(2026, 5, 4, 12, 0, 20, tzinfo=UTC)
CHOSEN = os.environ.get("SPACE_TEST_WORLDS")


def tried(number: int) -> settings:
    return settings(
        max_examples=int(CHOSEN or number),
        derandomize=CHOSEN is None,
        database=None,
        # To find a smaller community that fails as well takes minutes; what differs is said of this one.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )


@contextmanager
def small_site() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as home, clock.at(NOON), without_limits():
        site = LocalSite(Path(home))
        try:
            yield World(site, seed=3)
        finally:
            site.local.close()


@contextmanager
def running_site() -> Iterator[World]:
    """All services apart, on RabbitMQ and PostgreSQL."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_system("distributed", Path(home), demo=False) as space,
        closing(RunningSite(space)) as site,
    ):
        yield World(site, seed=3)


def readers(world: World) -> list[Reader]:
    return [Reader("stranger", Client(world.site)), *map(world.reader, READERS)]


def gather(built: Built) -> None:
    """Everybody opens every address."""
    wanted = list(looks(built.world))
    faults = [fault for reader in readers(built.world) for fault in wrong_for(built, reader, wanted)]
    assert not faults, "\n".join(faults[:20])


def wrong_for(built: Built, reader: Reader, wanted: list[Look]) -> list[str]:
    """What somebody finds on these addresses that they should not, and what they should and do not."""
    looking = Looking(built.world, reader)
    for look in wanted:
        looking.look(look)
    lacking = missing(looking)
    lists = wrong_lists(built.world, reader)
    return [*looking.faults, *([lacking] if lacking else []), *lists, *wrong_memberships(built, reader)]


def gather_running(built: Built, among: Sequence[Reader]) -> None:
    """The same of some people on a running Space, whose kept pages change a moment after its services have."""
    built.world.site.drain()
    # The other streams are silent for seconds where nothing happens; test_losing.py listens to them.
    wanted = [look for look in looks(built.world) if look.rule != "/live"]
    for reader in among:
        faults: list[str] = []
        for _ in range(LOOKS):
            faults = wrong_for(built, reader, wanted)
            if not faults:
                break
        assert not faults, "\n".join(faults[:20])


def wrong_memberships(built: Built, reader: Reader) -> list[str]:
    """Whose page names a group that it should not, or does not name one that it should."""
    found = []
    for slug, group in zip(built.quiet, built.plan.groups, strict=True):
        name = built.quiet[slug]
        secret = next(each for each in built.world.secrets if each.word == name[1:])
        told = built.world.groups[slug]["name"] in reader.client.get(f"/people/{name}").text
        if told != secret.rule(reader.viewer):
            found.append(f"{reader.name}: /people/{name} tells of the {group.kind} group: {told}")
    return found


@given(plan=plans())
@tried(2)
def test_everybody_gathers_what_is_for_them(plan: Plan) -> None:
    with small_site() as world:
        built = build(world, plan)
        gather(built)
        built.lose()
        world.site.drain()
        gather(built)


@pytest.mark.servers
@given(plan=small_plans())
@tried(1)
def test_everybody_gathers_what_is_for_them_where_services_are_apart(plan: Plan) -> None:
    with running_site() as world:
        built = build(world, plan)
        gather_running(built, [Reader("stranger", Client(world.site)), *map(world.reader, PEOPLE)])
        built.lose()
        # A member, and who had a role: for others nothing has changed but what was deleted.
        gather_running(built, [world.reader("Memo"), world.reader("Otto")])


UNTOLD = st.sampled_from((GroupPlan("hidden", {}, False), GroupPlan("unlisted", {}, False)))


@given(group=UNTOLD, inside=st.lists(things(("0",)), min_size=2, max_size=3))
@tried(2)
def test_what_happens_in_a_group_changes_nothing_outside(group: GroupPlan, inside: list[Thing]) -> None:
    """A hidden group may come to be at all; of a closed one whose members are not told, everything in it."""
    with small_site() as world:
        built = build(world, Plan({}, [group], [Thing("topic", "public", "en", False)], 0))
        outside = [each for each in readers(world) if each.name not in ("Ines", "Memo")]
        wanted = [look for look in looks(world) if look.item is None or look.item.kind in ("person", "group")]
        before = [_read(reader, wanted) for reader in outside]
        if group.kind == "hidden":
            world.found("new", "hidden")
            world.bring("new", "Memo")
        world.bring("0", "Memo")
        for thing in inside:
            built.make(thing)
        topic = content.topic(world, world.audience("0"))
        post = {"body": "Look, @Memo and @Otto."}
        world.accounts["Ines"].robot.done("POST", f"/topics/{topic.id}/posts", post)
        world.accounts["Memo"].robot.done("PUT", f"/follows/topic/{topic.id}", {})
        world.take_out("0", "Memo")
        world.site.drain()
        for reader, told in zip(outside, before, strict=True):
            for address, answer in _read(reader, wanted).items():
                says = f"{reader.name}: {address}: {difference(told[address], answer)}"
                assert told[address] == answer, says


def _read(reader: Reader, wanted: list[Look]) -> dict[str, str]:
    return {look.address: comparable(reader.client.get(look.address), {}) for look in wanted}
