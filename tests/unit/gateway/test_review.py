"""What waits for review, blocked terms and new people's limits, over the real services and in pages and API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.people import SignIn
from contracts.trust import SetTrust
from contracts.writing_rules import AddTerm, NewcomerLimits, SetNewcomerLimits
from core.audience import STRANGER
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness

pytestmark = pytest.mark.slow

TOPIC = {"language": "en", "title": "Cheap", "body": "Buy viagra here.", "category": "help"}


class Visitor:
    """A browser that somebody is signed in with."""

    def __init__(self, system: SystemHarness, name: str, *roles: str) -> None:
        system.robot(name, *roles)
        self.system = system
        self.client: FlaskClient = system.app.test_client()
        signed_in = system.services.people.sign_in(STRANGER, SignIn(name=name, password=PASSWORD))
        self.client.set_cookie("space_session", signed_in.token)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def send(self, path: str, **fields: str) -> Any:
        """Send a form, and let what it causes happen."""
        page = self.client.get("/languages?q=none-has-this").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        response = self.client.post(path, data={"csrf_token": token[1], **fields})
        self.system.drain()
        return response


@pytest.fixture
def rules(system: SystemHarness) -> SystemHarness:
    """A system in which `viagra` is held and `casino*` refused."""
    people = system.services.people
    system.lay_categories()
    people.add_term(ROOT, AddTerm(text="viagra", action="hold", reason="Spam"))
    people.add_term(ROOT, AddTerm(text="casino*", action="refuse", reason="Spam"))
    system.drain()
    return system


def make_new(system: SystemHarness, name: str, **limits: Any) -> None:
    """Let somebody be new, under these limits."""
    system.robot(name)
    people = system.services.people
    people.set_trust(ROOT, name, SetTrust(given="new", reason="For the test"))
    command = SetNewcomerLimits(limits=NewcomerLimits(**limits), revision=0, reason="For the test")
    people.set_newcomer_limits(ROOT, command)
    system.drain()


def test_what_waits_over_the_api(rules: SystemHarness) -> None:
    amina, bo = rules.robot("Amina"), rules.robot("Bo")
    made = amina.post("/topics", TOPIC)
    assert (made.status_code, made.json["status"], "Location" in made.headers) == (202, "waiting", False)
    path = f"/held/talk/{made.json['id']}"
    assert [each["id"] for each in amina.get("/held/talk").json["items"]] == [made.json["id"]]
    assert amina.patch(path, {"title": "Less", "body": "Sell viagra here."}).json["title"] == "Less"
    assert bo.get(path).status_code == 404
    assert bo.patch(path, {"body": "Mine"}).status_code == 404
    assert bo.delete(path).status_code == 404
    assert amina.get("/topics").json["items"] == []
    assert amina.get("/search?q=viagra").json["items"] == []
    refused = amina.post("/topics", {**TOPIC, "body": "https://casino.example"})
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "text-blocked")
    assert amina.delete(path).status_code == 204
    assert amina.patch(path, {"body": "Again"}).json["code"] == "held-over"


def test_a_topic_waits_is_read_and_appears(rules: SystemHarness) -> None:
    amina, mod = Visitor(rules, "Amina"), Visitor(rules, "Mod", "moderator")
    sent = amina.send("/talk/new", **TOPIC)
    assert sent.status_code == 303
    page = amina.get(sent.location).text
    assert "Only you and the moderators can see it" in page
    assert "Buy viagra here." in page
    assert mod.get(sent.location).status_code == 200
    assert rules.app.test_client().get(sent.location).status_code == 404
    assert "Cheap" in amina.get("/held").text
    assert "Cheap" not in amina.get("/talk").text
    case = re.search(r"/moderation/cases/\w+", mod.get("/moderation").text)
    assert case
    text = mod.get(case[0]).text
    assert "Blocked term: <bdi>viagra</bdi>" in text
    amina.send(sent.location, do="save", title="Cheap", body="Changed meanwhile: viagra.")
    refused = mod.send(f"{case[0]}/approve", revision="1")
    assert refused.status_code == 409
    assert "The author has changed the text in the meantime" in refused.text
    assert "Changed meanwhile: viagra." in refused.text
    assert 'name="revision" value="2"' in refused.text
    assert "Cheap" not in mod.get("/talk").text
    assert mod.send(f"{case[0]}/approve", revision="").status_code == 422
    assert mod.send(f"{case[0]}/approve", revision="2").status_code == 303
    assert "Cheap" in mod.get("/talk").text
    assert "has been published" in amina.get(sent.location).text


def test_a_rejected_reply_is_explained_and_can_be_appealed(rules: SystemHarness) -> None:
    amina, mod = Visitor(rules, "Amina"), Visitor(rules, "Mod", "moderator")
    opened = rules.robot("Bo").post("/topics", {**TOPIC, "body": "What do you need?"}).json
    rules.drain()
    sent = amina.send(f"/talk/t/{opened['id']}/{opened['slug']}/reply", body="Some viagra.")
    case = re.search(r"/moderation/cases/\w+", mod.get("/moderation").text)
    assert case
    mod.send(f"{case[0]}/claim")
    assert "Don’t publish it" in mod.get(case[0]).text
    decided = mod.send(
        f"{case[0]}/decide", measures="hide", reason="spam", words="No adverts, please.", revision="1"
    )
    assert decided.status_code == 303
    page = amina.get(sent.location).text
    decision = re.search(r"/decisions/\w+", page)
    assert decision
    assert "No adverts, please." in amina.get(decision[0]).text
    assert "people.decision.made" in str(rules.robot("Amina").get("/notifications").json)
    assert amina.send(f"{decision[0]}/appeal", words="It was a joke.").status_code == 303
    other = Visitor(rules, "Other", "moderator")
    appeal = re.search(r"/moderation/cases/\w+", other.get("/moderation").text)
    assert appeal
    other.send(f"{appeal[0]}/claim")
    other.send(f"{appeal[0]}/answer", outcome="overturn", words="It was one.")
    posts = rules.robot("Bo").get(f"/topics/{opened['id']}/posts").json["items"]
    assert [each["body"] for each in posts] == ["What do you need?", "Some viagra."]


def test_a_refused_text_is_kept_in_the_form(rules: SystemHarness) -> None:
    make_new(rules, "Amina", topics_a_day=1, member_days=2, member_items=3)
    amina = Visitor(rules, "Amina")
    blocked = amina.send("/talk/new", **{**TOPIC, "body": "To the casino24!"})
    assert blocked.status_code == 422
    assert "To the casino24!" in blocked.text
    fine = {**TOPIC, "body": "Good morning."}
    assert amina.send("/talk/new", **fine).status_code == 303
    again = amina.send("/talk/new", **fine)
    assert again.status_code == 429
    assert int(again.headers["Retry-After"]) > 86_000
    assert "Good morning." in again.text
    assert "New: active on" in amina.get("/held").text
    assert "New accounts can start one topic within 24 hours." in again.text
    assert "active on 2 days and 3 contributions of yours have stayed up" in again.text
    api = rules.robot("Amina").post("/topics", fine)
    assert (api.status_code, api.json["code"]) == (429, "new-topics")


def test_the_authors_page_changes_and_withdraws(rules: SystemHarness) -> None:
    amina = Visitor(rules, "Amina")
    sent = amina.send("/talk/new", **TOPIC)
    assert amina.send(sent.location, do="other").status_code == 422
    assert amina.send(sent.location, do="save", title="Other", body="").status_code == 422
    assert amina.send(sent.location, do="save", title="Other", body="More viagra").status_code == 303
    assert "More viagra" in amina.get(sent.location).text
    assert amina.send(sent.location, do="withdraw").location == "/held"
    assert "Nothing of yours is waiting" in amina.get("/held").text
    assert Visitor(rules, "Bo").send(sent.location, do="withdraw").status_code == 404
    assert rules.app.test_client().get("/held").status_code == 401


def test_administrators_set_words_limits_and_trust(rules: SystemHarness) -> None:
    ada = Visitor(rules, "Ada", "administrator")
    rules.robot("Bo").post("/topics", {**TOPIC, "body": "About crypto."})
    rules.drain()
    page = ada.get("/admin/terms?try=crypto").text
    assert ada.get("/admin/words?try=crypto").headers["Location"] == "/admin/terms?try=crypto"
    assert "One match among one text." in page
    assert ada.get("/admin/terms?try=**").status_code == 200
    assert ada.send("/admin/terms", do="add", text="crypto", action="flag", reason="Spam").status_code == 303
    assert ada.send("/admin/terms", do="add", text="--", action="flag", reason="Spam").status_code == 422
    assert ada.send("/admin/terms", do="remove", term="crypto", remove_reason="").status_code == 422
    assert ada.send("/admin/terms", do="remove", term="casino*", remove_reason="Enough").status_code == 303
    assert "casino*" in ada.get("/admin/terms").text  # among the earlier versions
    form = {name: "1" for name in NewcomerLimits.model_fields if name != "review_all"}
    saved = ada.send("/admin/new-people", revision="0", reason="Fewer", **form)
    assert saved.status_code == 303
    assert (
        ada.send("/admin/new-people", revision="0", reason="Fewer", **{**form, "links_each": "2"}).status_code
        == 409
    )
    assert (
        ada.send("/admin/new-people", revision="1", reason="x", **{**form, "links_each": "-1"}).status_code
        == 422
    )
    assert "No longer new" in ada.get("/admin/people/Bo/trust").text
    assert ada.send("/admin/people/Bo/trust", given="new", reason="Too fast").status_code == 303
    assert "New: active on" in ada.get("/admin/people/Bo/trust").text
    log = ada.get("/admin/log").text
    for said in ("blocked “<bdi>crypto</bdi>”", "changed the limits for new people", "is new."):
        assert said in log
    bo = Visitor(rules, "Bo")
    for path in ("/admin/terms", "/admin/new-people", "/admin/people/Ada/trust"):
        assert bo.get(path).status_code == 403
    assert bo.send("/admin/terms", do="add", text="help", action="refuse", reason="So").status_code == 403
    assert bo.send("/admin/new-people", revision="1", reason="So", **form).status_code == 403
    assert bo.send("/admin/people/Bo/trust", given="member", reason="So").status_code == 403
