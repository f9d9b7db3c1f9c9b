"""Decisions that can't be carried out any more say so, and their case is open again."""

from __future__ import annotations

import re

import pytest

from contracts.errors import Invalid
from contracts.moderation import CaseView, Decide, Measure
from core.audience import STRANGER
from gateway.moderation.editing import editable
from gateway.moderation.targets import target_at
from services.blog import actions as blog_actions
from services.forum import actions as forum_actions
from tests.unit.gateway.acts import KINDS, Act
from tests.unit.gateway.harness import ROOT, Robot, SystemHarness

pytestmark = pytest.mark.slow

NEW = {"language": "en", "title": "Zqtitle", "body": "zqbetter"}


def decide_meanwhile(act: Act, *measures: Measure, **changes: object) -> CaseView:
    """Let Mina decide, while Amina deletes it before anything takes effect."""
    boris, mina = act.viewer("Boris"), act.viewer("Mina")
    act.people.report(boris, target_at(act.system.services, boris, act.path).report("spam", ""))
    case = act.people.cases(mina, False, None, 10).items[0].id
    act.people.claim_case(mina, case)
    command = Decide.model_validate({"measures": measures, "reason": "spam", "words": "No.", **changes})
    act.people.decide_case(mina, case, command)
    gone = act.amina.delete(act.api)
    assert gone.status_code < 300, gone.text
    act.system.drain()
    return act.people.case(mina, case)


@pytest.mark.parametrize("kind", ["topic", "post", "event"])
def test_an_edit_of_what_is_gone_opens_the_case_again(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    text = {**NEW, "title": "" if kind == "post" else "Zqtitle"}
    case = decide_meanwhile(act, "warning", "edit", text=text)
    assert case.state == "open"
    assert [each.step for each in case.history][-2:] == ["decided", "failed"]
    assert case.decision is not None
    assert (case.decision.measures, case.decision.failed) == (["warning"], ["edit"])
    # Who is concerned, and everybody, reads what was done, and what was not.
    mine = act.people.decision(act.viewer("Amina"), case.decision.id, "")
    assert (mine.measures, mine.failed) == (["warning"], ["edit"])
    (public,) = act.people.public_decisions(STRANGER, None, 10).items
    assert (public.measures, public.failed) == (["warning"], ["edit"])
    page = Robot(system).client.get("/transparency").text
    assert "Could not be carried out" in page
    # Its moderators are told that it waits, as of a new one.
    opened = [
        each for each in system.services.people.events_after(0, 1000) if each.type == "people.case.opened"
    ]
    assert [each.data["case_id"] for each in opened] == [case.id, case.id]


def test_it_is_decided_anew_and_each_decision_has_its_appeal(system: SystemHarness) -> None:
    act = Act(system, "topic")
    case = decide_meanwhile(act, "warning", "edit", text=NEW)
    first = case.decision
    second = act.decided("word")
    assert act.people.case(act.viewer("Mina"), case.id).state == "closed"
    assert first is not None
    act.overturn(first.id)
    act.overturn(second)
    amina = act.viewer("Amina")
    assert [act.people.decision(amina, one, "").overturned for one in (first.id, second)] == [True, True]


@pytest.mark.parametrize("kind", ["topic", "article"])
def test_a_move_into_a_category_that_is_closed_by_then_fails_alone(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    name, actions = ("forum", forum_actions) if kind == "topic" else ("blog", blog_actions)
    with system.local.databases[name].writing() as session:
        actions.set_category(session, ROOT, "elsewhere", "en", {"en": ("Elsewhere", "There")})
    decision = act.decide("edit", "move", text=NEW, category="nowhere-at-all")
    found = act.people.decision(act.viewer("Amina"), decision, "")
    assert (found.measures, found.failed) == (["edit"], ["move"])
    assert "Zqtitle" in Robot(system).get(act.api).text
    assert [each.state for each in act.people.cases(act.viewer("Mina"), False, None, 10).items] == ["open"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_carried_out_leaves_the_case_closed(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    decision = act.decide("edit", text={**NEW, "title": "" if kind == "post" else "Zqtitle"})
    assert act.people.decision(act.viewer("Amina"), decision, "").failed == []
    assert act.people.cases(act.viewer("Mina"), False, None, 10).items == []


@pytest.mark.parametrize("withhold", [True, False])
def test_an_articles_address_follows_its_decided_title(system: SystemHarness, withhold: bool) -> None:
    act = Act(system, "article")
    client = system.app.test_client()
    assert client.get("/news/wells").status_code == 200
    decision = act.decide("edit", text={**NEW, "withhold": withhold})
    assert Robot(system).get(act.api).json["slug"] == "zqtitle"
    assert client.get("/news/zqtitle").status_code == 200
    assert client.get(f"/news/{act.id}").location.endswith("/news/zqtitle")
    former = client.get("/news/wells")
    assert former.status_code == (404 if withhold else 301), "its words are withheld, too"
    told = str(system.robot("Amina").get("/notifications").json)
    assert "/news/wells" not in told
    for feed in ("/feeds/news.json", "/sitemap.xml"):
        assert "/news/wells" not in client.get(feed).text
    act.overturn(decision)
    assert Robot(system).get(act.api).json["slug"] == "wells"
    assert client.get("/news/wells").status_code == 200
    assert not re.search("/news/zqtitle", client.get("/feeds/news.json").text)


def test_the_title_of_a_topic_whose_first_post_is_gone_is_decided_on(system: SystemHarness) -> None:
    act = Act(system, "topic")
    system.robot("Boris").post(f"{act.api}/posts", {"body": "Here."})
    first = Robot(system).get(f"{act.api}/posts").json["items"][0]
    assert act.amina.delete(f"/posts/{first['id']}").status_code < 300
    system.drain()
    boris = act.viewer("Boris")
    act.people.report(boris, target_at(system.services, boris, act.path).report("spam", ""))
    case = act.people.cases(act.viewer("Mina"), False, None, 10).items[0].id
    mina = act.viewer("Mina")
    with system.app.test_request_context("/"):
        found = editable(system.services, mina, act.people.claim_case(mina, case))()
    assert found is not None
    assert (found.title, found.body) == ("Wells", None), "the form asks for no text"
    decision = act.decided("edit", text={**NEW, "body": ""})
    assert act.people.decision(act.viewer("Amina"), decision, "").failed == []
    assert Robot(system).get(act.api).json["title"] == "Zqtitle"
    act.overturn(decision)
    assert Robot(system).get(act.api).json["title"] == "Wells"


@pytest.mark.parametrize("kind", ["topic", "article", "event"])
def test_translations_of_the_text_before_say_that_they_are_outdated(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    translation = {"title": "Brunnen", "body": "Wo?"}
    writer = system.robot("Edith") if kind == "article" else act.amina
    made = writer.put(f"{act.api}/versions/de", translation)
    assert made.status_code < 300, made.text
    system.drain()

    def outdated() -> dict[str, bool]:
        found = Robot(system).get(f"{act.api}?lang=de").json["versions"]
        return {each["language"]: each["outdated"] for each in found}

    assert outdated()["de"] is False
    decision = act.decide("edit", text=NEW)
    assert outdated()["de"] is True
    assert act.people.decision(act.viewer("Amina"), decision, "").failed == []


@pytest.mark.parametrize("kind", ["post", "article", "event"])
def test_only_a_topics_text_may_be_left_out(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    with pytest.raises(Invalid, match="text-missing"):
        act.decide("edit", text={**NEW, "body": ""})
