"""Histories of what events and topics say in their languages: pages, the API, and what a stream replays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.common import Page, TextVersion
from contracts.errors import Conflict, Forbidden
from contracts.revisions import TextRevision, Withheld, Withhold
from gateway.live.options import LiveOptions
from tests.unit.gateway.fakes import AMINA, BORIS, MOMENT, TOPIC, FakeServices
from tests.unit.gateway.harness import Robot, SystemHarness
from tests.unit.gateway.page_samples import EVENT, event, topic
from tests.unit.gateway.stream_client import StreamClient

Token = Callable[[FlaskClient], str]
REASON = {"reason": "A private address."}
FAST = LiveOptions(pull=0.01, retry=0.01, heartbeat=0.05)
WITHHELD = Withheld(reason="A private address.", by_id=BORIS, at=MOMENT)


def text(revision: int, **changes: Any) -> TextRevision:
    values: dict[str, Any] = {
        "title": "Bird walk", "body": f"Herons {revision}", "by_id": AMINA, "at": MOMENT, "language": "en",
    }  # fmt: skip
    return TextRevision(revision=revision, **{**values, **changes})


def replayed(system: SystemHarness, kind: str) -> list[dict[str, Any]]:
    system.set_live(FAST)
    return StreamClient(system, f"/v2/stream/space.{kind}?since=2020-01-01").read()


def test_the_page_of_an_events_history_compares_and_offers_what_can_be_done(
    stranger: FlaskClient, fakes: FakeServices
) -> None:
    texts = [text(3), text(2, may_withhold=True), text(1, title="", body="", withheld=WITHHELD)]
    fakes.events.answers.update(event=event(edits=2), event_revisions=Page(items=texts))
    path = f"/events/{EVENT}/bird-walk"
    page = stranger.get(f"{path}/history?lang=en").text
    assert page.count("Current") == 1
    assert "Herons <del>2</del><ins>3</ins>" in page
    assert page.count("<del>") == 1, "no comparison tells of what is withheld"
    assert "This version was withheld by" in page
    assert f'action="{path}/history/en/2/withhold"' in page
    assert f'href="{path}/history?lang=en"' in stranger.get(path).text
    fakes.events.answers.update(event=event(), event_revisions=Page(items=[text(1)]))
    assert "There are no earlier versions." in stranger.get(f"{path}/history").text
    assert "/history" not in stranger.get(path).text
    # An event of an earlier release: what it said before is not there.
    fakes.events.answers.update(event_revisions=Page(items=[text(4), text(3)]))
    page = stranger.get(f"{path}/history").text
    assert "Texts before these are not stored" in page
    assert "There are no earlier versions." not in page
    fakes.events.answers.update(event_revisions=Page(items=[text(4), text(3)], next="1_a"))
    assert "Texts before these" not in stranger.get(f"{path}/history").text
    fakes.events.answers.update(event_revisions=Page(items=[text(2), text(1)]))
    assert "Texts before these" not in stranger.get(f"{path}/history").text


def test_what_is_sent_about_an_events_text_is_done(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.events.answers.update(withhold_revision=None, show_revision=None)
    path, form = f"/events/{EVENT}/bird-walk/history/en/1", {"csrf_token": token(member), **REASON}
    for step in ("withhold", "show"):
        answer = member.post(f"{path}/{step}", data=form)
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(f"/events/{EVENT}/bird-walk/history?lang=en")
    assert fakes.events.called("withhold_revision")[0][1:] == (EVENT, "en", 1, Withhold(**REASON))
    assert fakes.events.called("show_revision")[0][1:] == (EVENT, "en", 1)
    assert member.post(f"{path}/withhold", data={"csrf_token": form["csrf_token"]}).status_code == 422
    for refusal, status in ((Conflict("revision-current"), 409), (Forbidden("not-withholder"), 403)):
        fakes.events.answers["withhold_revision"] = refusal
        assert member.post(f"{path}/withhold", data=form).status_code == status


def made_event(system: SystemHarness) -> str:
    """The API's path of Amina's event, whose first title said a secret."""
    amina = system.robot("Amina")
    body = {
        "language": "en", "title": "Zqsecret walk", "body": "Zqsecret street 1.", "start": "2031-12-02T18:00",
        "minutes": 60, "timezone": "UTC", "online_url": "https://meet.test/x",
    }  # fmt: skip
    made = amina.post("/events", body).json
    path = f"/events/{made['id']}"
    changed = {"revision": made["revision"], "title": "A walk", "body": "Harmless."}
    assert amina.patch(path, changed).status_code == 200
    system.drain()
    return path


def test_an_organiser_withholds_an_events_text_and_a_moderator_undoes_it(system: SystemHarness) -> None:
    path = made_event(system)
    amina, boris, mina, stranger = (*map(system.robot, ("Amina", "Boris", "Mina")), Robot(system))
    assert [each["title"] for each in stranger.get(f"{path}/history").json["items"]] == [
        "A walk",
        "Zqsecret walk",
    ]
    text = f"{path}/history/en/1"
    assert boris.post(f"{text}/withhold", REASON).json["code"] == "not-withholder"
    assert amina.post(f"{text}/withhold", {"reason": " "}).status_code == 422
    assert amina.post(f"{path}/history/en/2/withhold", REASON).json["code"] == "revision-current"
    assert amina.post(f"{path}/history/en/3/withhold", REASON).status_code == 404
    assert amina.post(f"{text}/withhold", REASON).status_code == 204
    for robot in (stranger, boris, amina):
        assert "Zqsecret" not in robot.get(f"{path}/history").text
    assert "Zqsecret" in mina.get(f"{path}/history?lang=de").text, "there is no German version"
    assert amina.post(f"{text}/show").status_code == 403
    assert mina.post(f"{text}/show").status_code == 204
    assert "Zqsecret" in stranger.get(f"{path}/history").text


@pytest.mark.slow
def test_a_stream_replays_nothing_that_is_withheld_from_an_event(system: SystemHarness) -> None:
    path = made_event(system)
    before = replayed(system, "event")
    assert "zqsecret" in str(before).casefold()
    assert system.robot("Mina").post(f"{path}/history/en/1/withhold", REASON).status_code == 204
    system.drain()
    after = replayed(system, "event")
    assert "zqsecret" not in str(after).casefold()
    assert [each["meta"]["id"] for each in after] == [each["meta"]["id"] for each in before]
    assert [each["event"]["versions"][0]["body"] for each in after] == ["", "Harmless."]


def test_the_page_of_a_topics_titles_and_translations(stranger: FlaskClient, fakes: FakeServices) -> None:
    titles = [text(2, title="Where to begin", body=""), text(1, title="Where to start", body="")]
    fakes.forum.answers.update(topic=topic(edits=1), topic_revisions=Page(items=titles), posts=Page(items=[]))
    path = f"/talk/t/{TOPIC}/where-to-begin"
    page = stranger.get(f"{path}/history").text
    assert "Where to <del>start</del><ins>begin</ins>" in page
    assert "Only titles are listed here." in page
    assert f'href="{path}/history?lang=en"' in stranger.get(path).text
    versions = [TextVersion(language=code, title=code, body=code) for code in ("en", "de")]
    shown = topic(language="de", languages=["en", "de"], versions=versions)
    german = [text(1, language="de", may_show_again=True, withheld=WITHHELD)]
    fakes.forum.answers.update(topic=shown, topic_revisions=Page(items=german))
    page = stranger.get(f"{path}/history?lang=de").text
    assert fakes.forum.called("topic_revisions")[-1][1:3] == (TOPIC, "de")
    assert "Only titles" not in page
    assert f'href="{path}/history?lang=en"' in page
    assert f'action="{path}/history/de/1/show"' in page


def test_what_is_sent_about_a_title_is_done(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.forum.answers.update(withhold_topic_revision=None, show_topic_revision=None)
    path = f"/talk/t/{TOPIC}/where-to-begin/history"
    form = {"csrf_token": token(member), **REASON}
    for step in ("withhold", "show"):
        answer = member.post(f"{path}/de/1/{step}", data=form)
        assert (answer.status_code, answer.headers["Location"].endswith(f"{path}?lang=de")) == (303, True)
    assert fakes.forum.called("withhold_topic_revision")[0][1:] == (TOPIC, "de", 1, Withhold(**REASON))
    assert fakes.forum.called("show_topic_revision")[0][1:] == (TOPIC, "de", 1)
    fakes.forum.answers["withhold_topic_revision"] = Conflict("revision-current")
    assert member.post(f"{path}/de/1/withhold", data=form).status_code == 409


def retitled_topic(system: SystemHarness) -> str:
    """The API's path of Amina's topic, whose first title and translation said a secret."""
    amina, boris = system.robot("Amina"), system.robot("Boris")
    body = {"language": "en", "title": "Zqsecret street", "body": "Hello.", "category": "help"}
    path = f"/topics/{amina.post('/topics', body).json['id']}"
    boris.put(f"{path}/versions/de", {"title": "Zqsecret Straße", "body": "Zqsecret 1."})
    revision = amina.get(path).json["revision"]
    assert amina.patch(path, {"revision": revision, "title": "A street"}).status_code == 200
    boris.put(f"{path}/versions/de", {"title": "Eine Straße", "body": "Hallo."})
    system.drain()
    return path


def test_a_title_and_a_translation_are_withheld_and_shown_again(system: SystemHarness) -> None:
    path = retitled_topic(system)
    amina, boris, mina, stranger = (*map(system.robot, ("Amina", "Boris", "Mina")), Robot(system))
    titles = [each["title"] for each in stranger.get(f"{path}/history?lang=en").json["items"]]
    assert titles == ["A street", "Zqsecret street"]
    assert boris.post(f"{path}/history/en/1/withhold", REASON).json["code"] == "not-withholder"
    assert amina.post(f"{path}/history/en/2/withhold", REASON).json["code"] == "revision-current"
    assert amina.post(f"{path}/history/en/1/withhold", REASON).status_code == 204
    assert boris.post(f"{path}/history/de/1/withhold", REASON).status_code == 204
    for language in ("en", "de"):
        for robot in (stranger, amina, boris):
            assert "Zqsecret" not in robot.get(f"{path}/history?lang={language}").text
        assert "Zqsecret" in mina.get(f"{path}/history?lang={language}").text
        assert amina.post(f"{path}/history/{language}/1/show").status_code == 403
        assert mina.post(f"{path}/history/{language}/1/show").status_code == 204
        assert "Zqsecret" in stranger.get(f"{path}/history?lang={language}").text


@pytest.mark.slow
def test_a_stream_replays_no_title_that_is_withheld(system: SystemHarness) -> None:
    path, mina = retitled_topic(system), system.robot("Mina")
    before = [*replayed(system, "topic"), *replayed(system, "post")]
    assert "zqsecret" in str(before).casefold()
    for language in ("en", "de"):
        assert mina.post(f"{path}/history/{language}/1/withhold", REASON).status_code == 204
    system.drain()
    after = [*replayed(system, "topic"), *replayed(system, "post")]
    assert "zqsecret" not in str(after).casefold()
    assert [each["meta"]["id"] for each in after] == [each["meta"]["id"] for each in before]
    assert {each["post"]["body"] for each in after if "post" in each} == {"Hello."}
    assert {each["post"]["topic_title"] for each in after if "post" in each} == {"", "A street"}
