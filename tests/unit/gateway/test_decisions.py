"""What decisions do to items in each service, and what overturning them undoes."""

from __future__ import annotations

from typing import Any

import pytest

from bus.eventlog.append import append_event
from bus.eventlog.read import events_after
from contracts.moderation import (
    AppealAnswered,
    DecisionMade,
    DecisionState,
    Measure,
)
from core import clock
from core.audience import Role
from gateway.moderation.targets import target_at
from tests.unit.gateway.acts import KINDS, Act
from tests.unit.gateway.harness import ROOT, Robot, SystemHarness, hidden_group, plan_event

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_decision_hides_is_back_when_it_is_overturned(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    assert act.is_there()
    decision = act.decide("hide")
    assert not act.is_there()
    act.overturn(decision)
    assert act.is_there()


def check_own_deletion_stands(act: Act) -> None:
    """A decision keeps its author, who has deleted the item, from restoring it, and once it is overturned no longer."""
    decision = act.decided("hide")
    refused = act.amina.post(f"{act.api}/restore", {})
    assert (refused.status_code, refused.json["code"]) == (403, "not-restorer")
    act.overturn(decision)
    assert not act.is_there(), "it was deleted by its author"
    assert act.amina.post(f"{act.api}/restore", {}).status_code == 200
    assert act.is_there()


# A published article is not its author's to delete.
@pytest.mark.parametrize("kind", ["topic", "post", "event"])
def test_who_deletes_their_own_first_does_not_restore_it_past_a_decision(
    system: SystemHarness, kind: str
) -> None:
    act = Act(system, kind)
    boris = act.viewer("Boris")
    act.people.report(boris, target_at(system.services, boris, act.path).report("spam", ""))
    assert act.amina.delete(act.api).status_code in (200, 204)
    system.drain()
    check_own_deletion_stands(act)


@pytest.mark.parametrize("kind", KINDS)
def test_overturning_leaves_what_others_deleted(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    mina = system.robot("Mina")
    assert mina.delete(f"{act.api}?reason=rights").status_code in (200, 204)
    system.drain()
    # The same moderator decides on it a moment later.
    state = DecisionState.model_validate({
        "id": "0decision0000000", "kind": kind, "item_id": act.id, "title": "", "language": "en",
        "audience": "public", "measures": ["hide"], "reason": "spam", "at": clock.now(),
        "by_id": act.viewer("Mina").person_id,
    })  # fmt: skip
    publish(system, state)
    publish(system, state.model_copy(update={"overturned": True}))
    assert not act.is_there()


def publish(system: SystemHarness, state: DecisionState) -> None:
    """Append the event of a decision to people's log, as a service would that was taken over."""
    made: Any = AppealAnswered if state.overturned else DecisionMade
    with system.local.databases["people"].writing() as session:
        append_event(session, made(decision=state, person_id=None))
    system.drain()


def test_a_topic_is_closed_and_opened_again(system: SystemHarness) -> None:
    act = Act(system, "topic")
    decision = act.decide("close")
    assert Robot(system).get(act.api).json["closed"]
    act.overturn(decision)
    assert not Robot(system).get(act.api).json["closed"]


def test_the_last_post_of_a_topic_comes_back_with_it(system: SystemHarness) -> None:
    act = Act(system, "topic")
    first = Robot(system).get(f"{act.api}/posts").json["items"][0]["id"]
    act.path = f"/talk/p/{first}"
    decision = act.decide("hide")
    assert not act.is_there()
    act.overturn(decision)
    assert act.is_there()


@pytest.mark.parametrize("audience", ["public", "members", "group:0other0000000000"])
def test_a_decision_has_no_power_over_another_audience(system: SystemHarness, audience: str) -> None:
    group = hidden_group(system)
    body = {"language": "en", "title": "Inside", "body": "Us.", "audience": group["audience"]}
    amina = system.robot("Amina")
    topic = amina.post("/topics", body).json
    event = plan_event(system, "Inside", audience=group["audience"])
    system.drain()
    act = Act(system, "topic")
    for kind, item in (("topic", topic["id"]), ("event", event["id"])):
        state = DecisionState.model_validate({
            "id": "0decision0000000", "kind": kind, "item_id": item, "title": "", "language": "en",
            "audience": audience, "measures": ["hide", "close"], "reason": "spam", "at": clock.now(),
            "by_id": act.viewer("Mina").person_id,
        })  # fmt: skip
        publish(system, state)
    assert amina.get(f"/topics/{topic['id']}").json["closed"] is False
    assert amina.get(f"/topics/{topic['id']}").json["deletion"] is None
    assert amina.get(f"/events/{event['id']}").json["deletion"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_who_moderates_does_not_get_their_own_past_a_decision(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    boris = act.viewer("Boris")
    act.people.report(boris, target_at(system.services, boris, act.path).report("spam", ""))
    roles: tuple[Role, ...] = ("editor", "moderator")
    for role in roles:
        act.people.grant_role(ROOT, "Amina", role, True)
    # A published article is an editor's to delete, who then could restore it.
    assert act.amina.delete(f"{act.api}?reason=rights").status_code in (200, 204)
    system.drain()
    check_own_deletion_stands(act)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_names_no_moderator(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    measures: list[Measure] = ["hide", "close"] if kind == "topic" else ["hide"]
    act.overturn(act.decide(*measures))
    mina = system.robot("Mina")
    if kind == "topic":
        assert mina.patch(act.api, {"revision": 1, "pinned": True}).status_code == 200
    assert mina.delete(f"{act.api}?reason=rights").status_code in (200, 204)
    moderators = {act.viewer(name).person_id for name in ("Mina", "Nora")}
    published = []
    for producer in ("blog", "forum", "events"):
        with system.local.databases[producer].reading() as session:
            found = events_after(session, producer, 0, 1000)
        published += [event.public_cloud_event() for event in found if event.public_seq is not None]
    ended = [event["type"] for event in published if event["type"].endswith((".deleted", ".restored"))]
    assert len(ended) >= 3
    for event in published:
        assert not any(str(one) in str(event["data"]) for one in moderators), event["type"]
