"""Proposed changes of articles, on pages and in the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Conflict, Forbidden
from contracts.proposals import ProposalLine, ProposalView, ProposedFields
from tests.unit.gateway.fakes import ARTICLE, BORIS, EDITOR, MOMENT, FakeServices, article, picture
from tests.unit.gateway.harness import Robot, SystemHarness, proposal_id

pytestmark = pytest.mark.slow

Token = Callable[[FlaskClient], str]
PROPOSAL = "000000000000000f"
PAGE = f"/news/board/proposals/{PROPOSAL}"
EDIT = "/news/birds-of-the-valley/edit"
SECRET = "Zqsecret"


def proposal(**changes: Any) -> ProposalView:
    values: dict[str, Any] = {
        "id": PROPOSAL, "article_id": ARTICLE, "article_slug": "birds-of-the-valley",
        "article_title": "Birds of the valley", "article_language": "en", "language": "en", "is_translation": False,
        "author_id": BORIS, "created_at": MOMENT, "status": "open", "changes": ProposedFields(body="Forty-three."),
        "replaces": ProposedFields(body="Forty-two."),
    }  # fmt: skip
    return ProposalView(**{**values, **changes})


# The API, over the real services


def published(system: SystemHarness) -> dict[str, Any]:
    amina, edith = system.robot("Amina"), system.robot("Edith")
    body = {"language": "en", "title": "Wells", "body": "Two wells.", "category": "stories"}
    made = amina.post("/articles", body).json
    amina.post(f"/articles/{made['id']}/submit")
    out: dict[str, Any] = edith.post(f"/articles/{made['id']}/publish").json
    system.drain()
    return out


def test_a_change_of_a_published_article_waits_and_is_accepted(system: SystemHarness) -> None:
    amina, boris, edith = system.robot("Amina"), system.robot("Boris"), system.robot("Edith")
    article = published(system)
    path = f"/articles/{article['id']}"
    assert not amina.get(path).json["may_edit"]
    assert amina.get(path).json["may_propose"]
    proposed = boris.patch(path, {"revision": article["revision"], "body": "Three wells."})
    assert proposed.status_code == 202, proposed.text
    made = proposed.json
    assert (made["status"], made["changes"]["body"], made["changes"]["title"]) == (
        "open",
        "Three wells.",
        None,
    )
    assert Robot(system).get(path).json["body"] == "Two wells."
    (listed,) = edith.get(f"/proposals?article={article['id']}").json["items"]
    assert listed["id"] == made["id"]
    for person in (boris, amina):
        refused = person.post(f"/proposals/{made['id']}/accept")
        assert refused.status_code in (403, 404)
    accepted = edith.post(f"/proposals/{made['id']}/accept")
    assert (accepted.status_code, accepted.json["status"]) == (200, "accepted")
    assert Robot(system).get(path).json["body"] == "Three wells."
    assert edith.post(f"/proposals/{made['id']}/accept").json["code"] == "proposal-closed"
    system.drain()
    (told,) = boris.get("/notifications").json["items"]
    assert (told["what"], told["path"]) == ("blog.proposal.accepted", f"/news/board/proposals/{made['id']}")


def test_a_declined_change_says_why_and_a_withdrawn_one_is_gone_from_the_queue(system: SystemHarness) -> None:
    boris, edith = system.robot("Boris"), system.robot("Edith")
    article = published(system)
    change = {"revision": article["revision"], "title": "Buy this"}
    first = boris.patch(f"/articles/{article['id']}", change).json["id"]
    assert edith.post(f"/proposals/{first}/decline", {"remark": " "}).status_code == 422
    edith.post(f"/proposals/{first}/decline", {"remark": "An advertisement."})
    assert boris.get(f"/proposals/{first}").json["remark"] == "An advertisement."
    second = boris.patch(f"/articles/{article['id']}", change).json["id"]
    assert boris.post(f"/proposals/{second}/withdraw").json["status"] == "withdrawn"
    assert edith.get("/proposals").json["items"] == []
    system.drain()
    (told,) = boris.get("/notifications").json["items"]
    assert (told["what"], told["excerpt"]) == ("blog.proposal.declined", "An advertisement.")


def test_a_translation_of_a_published_article_waits(system: SystemHarness) -> None:
    article = published(system)
    path = f"/articles/{article['id']}"
    version = {"title": "Pozos", "body": "Dos pozos."}
    proposed = system.robot("Boris").put(f"{path}/versions/es", version)
    assert (proposed.status_code, proposed.json["is_translation"]) == (202, True)
    assert Robot(system).get(path).json["languages"] == ["en"]
    direct = system.robot("Edith").put(f"{path}/versions/ar", version)
    assert (direct.status_code, direct.json["languages"]) == (200, ["en", "ar"])


def test_what_is_proposed_is_nowhere_else(system: SystemHarness) -> None:
    """Not in feeds, search, the history, the discussion, nor in an event that is public or not."""
    article = published(system)
    body = {"revision": article["revision"], "body": f"{SECRET} wells.", "title": f"{SECRET} title"}
    assert system.robot("Boris").patch(f"/articles/{article['id']}", body).status_code == 202
    system.drain()
    amina, stranger = system.robot("Amina"), Robot(system)
    for robot in (stranger, amina):
        for address in (
            "/feeds/news.json",
            "/feeds/all.atom",
            f"/articles/{article['id']}",
            f"/articles/{article['id']}/history",
            f"/articles/{article['id']}/discussion",
            "/articles",
            "/proposals",
            "/api/v1/tags?q=z",
        ):
            answer = robot.get(address)
            assert SECRET not in answer.text, address
            assert answer.status_code == 200 or robot is stranger, address
        for address in (f"/search?q={SECRET}", f"/feeds/search.json?q={SECRET}"):
            assert robot.get(address).json["items"] == []
    for name in ("blog", "forum", "notify"):
        log = getattr(system.services, name).events_after(0, 1000)
        assert not any(SECRET in str(event.data) for event in log)
        assert not any(event.audience == "public" for event in log if event.type.startswith("blog.proposal."))


def test_a_proposal_of_others_answers_as_one_that_never_was(system: SystemHarness) -> None:
    made = proposal_id(system)
    for robot in (system.robot("Amina"), Robot(system)):
        for each in (made, "0" * 16):
            answer = robot.get(f"/proposals/{each}")
            assert (answer.status_code, answer.json["code"]) == (404, "not-found")
    mina = system.robot("Mina")
    for step in ("accept", "decline", "withdraw"):
        answer = mina.post(f"/proposals/{made}/{step}", {"remark": "No."} if step == "decline" else None)
        assert answer.status_code == 404


# Pages


def typed(token: str, **changes: object) -> dict[str, object]:
    values = {
        "csrf_token": token, "title": "Birds", "summary": "", "body": "Forty-three.", "category": "stories",
        "tags": "birds", "revision": "3", "do": "save",
    }  # fmt: skip
    return {**values, **changes}


def test_the_form_says_that_an_editor_will_read_it_before_anything_is_written(
    member: FlaskClient, fakes: FakeServices
) -> None:
    note = "Your change will be reviewed by an editor"
    fakes.blog.answers["article"] = article(may_edit=False, may_propose=True, may_translate=True)
    assert f'href="{EDIT}"' in member.get("/news/birds-of-the-valley").text
    for address in (EDIT, "/news/birds-of-the-valley/translate/ar"):
        page = member.get(address).text
        assert note in page
        assert "Propose this change" in page
        assert "goes live at once" not in page
    fakes.blog.answers["article"] = article(may_edit=True)
    assert note not in member.get(EDIT).text


def test_a_change_that_must_wait_is_proposed(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(
        article=article(may_propose=True),
        change_article=Forbidden("review-needed"),
        propose_change=proposal(),
    )
    answer = member.post(EDIT, data=typed(token(member)))
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    _, article_id, command = fakes.blog.called("propose_change")[0]
    assert (article_id, command.revision, command.body) == (ARTICLE, 3, "Forty-three.")
    fakes.blog.answers["propose_change"] = Conflict(
        "edit-conflict", data={"theirs": {"body": "x"}, "revision": 4}
    )
    stale = member.post(EDIT, data=typed(token(member)))
    assert stale.status_code == 409
    assert 'name="revision" value="4"' in stale.text
    assert "Forty-three." in stale.text


def test_what_is_forbidden_for_another_reason_is_not_proposed(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(article=article(), change_article=Forbidden("not-your-article"))
    assert member.post(EDIT, data=typed(token(member))).status_code == 403
    assert not fakes.blog.called("propose_change")


def test_a_translation_that_must_wait_is_proposed(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(
        article=article(may_propose=True), set_version=Forbidden("review-needed"), propose_change=proposal()
    )
    form = {"csrf_token": token(member), "title": "ط", "body": "ن", "based_on": "3"}
    answer = member.post("/news/birds-of-the-valley/translate/ar", data=form)
    assert answer.headers["Location"] == PAGE
    command = fakes.blog.called("propose_change")[0][2]
    assert (command.language, command.revision, command.based_on) == ("ar", 0, 3)
    member.post("/news/birds-of-the-valley/translate/ar", data={**form, "revision": "2"})
    assert fakes.blog.called("propose_change")[1][2].revision == 2


def test_the_board_lists_what_is_proposed(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.be(EDITOR)
    fakes.blog.answers.update(on_board=True, proposals=Page[ProposalLine](items=[proposal()]))
    for address in ("/news/board", "/news/board/proposals"):
        page = member.get(address)
        assert page.status_code == 200
        assert f'href="{PAGE}"' in page.text
    member.get("/news/board/proposals?state=declined")
    assert fakes.blog.called("proposals")[-1][1].status == "declined"
    translation = proposal(is_translation=True, language="ar", article_title="<b>Birds</b>")
    fakes.blog.answers["proposals"] = Page[ProposalLine](items=[translation])
    page = member.get("/news/board/proposals")
    assert "Translation into" in page.text
    assert "<b>Birds" not in page.text


def test_a_proposal_shows_what_would_change(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.be(EDITOR)
    fakes.blog.answers["proposal"] = proposal(
        may_decide=True,
        changes=ProposedFields(body="Forty-three.", tags=["<i>"], category="stories", picture_id=""),
        replaces=ProposedFields(body="Forty-two.", tags=["birds"], category="news", picture_id=picture().id),
    )
    page = member.get(PAGE).text
    assert "<del>two</del><ins>three</ins>" in page
    assert "&lt;i&gt;" in page
    assert all(f'value="{step}"' in page for step in ("accept", "decline"))
    assert 'value="withdraw"' not in page
    fakes.blog.answers["proposal"] = proposal(
        may_decide=True, pictures=[picture()], replaces=ProposedFields(body=""), withheld=["body"]
    )
    page = member.get(PAGE).text
    assert f"/media/{picture().id}/640" in page
    for shown in (picture().author, picture().licence, "Only moderators see its text."):
        assert shown in page
    assert f"<bdi>{picture().alt}</bdi>" in page
    fakes.blog.answers["proposal"] = proposal(may_decide=True, conflicts=["body"])
    page = member.get(PAGE).text
    assert 'value="accept"' not in page
    assert "has been changed since" in page
    fakes.blog.answers["proposal"] = proposal(
        status="declined", decided_by=BORIS, decided_at=MOMENT, remark="Why?"
    )
    page = member.get(PAGE).text
    assert "Why?" in page
    assert 'value="decline"' not in page


@pytest.mark.parametrize(
    ("do", "more", "method"),
    [
        ("accept", {}, "accept_proposal"),
        ("decline", {"remark": "Why?"}, "decline_proposal"),
        ("withdraw", {}, "withdraw_proposal"),
    ],
)
def test_each_button_is_a_decision(
    member: FlaskClient, fakes: FakeServices, token: Token, do: str, more: dict[str, str], method: str
) -> None:
    fakes.blog.answers.update({"proposal": proposal(), method: proposal(status="accepted")})
    answer = member.post(PAGE, data={"csrf_token": token(member), "do": do, **more})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert fakes.blog.called(method)[0][1:] == (PROPOSAL, *more.values())


def test_a_decision_that_is_refused_says_why(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(
        proposal=proposal(may_decide=True),
        accept_proposal=Conflict("proposal-outdated", data={"fields": ["body"]}),
    )
    form = {"csrf_token": token(member)}
    answer = member.post(PAGE, data={**form, "do": "accept"})
    assert answer.status_code == 409
    assert "changed the same part" in answer.text
    assert member.post(PAGE, data={**form, "do": "decline"}).status_code == 422
    assert member.post(PAGE, data=form).status_code == 422
    fakes.blog.answers["accept_proposal"] = Forbidden("not-on-board")
    assert member.post(PAGE, data={**form, "do": "accept"}).status_code == 403


def test_strangers_are_asked_to_sign_in(stranger: FlaskClient) -> None:
    for address in ("/news/board/proposals", PAGE):
        assert stranger.get(address).status_code == 401
