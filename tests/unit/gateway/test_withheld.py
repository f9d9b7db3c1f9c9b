"""Texts that are withheld from a history: on pages, in the API, and in what a stream replays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.blog import Revision
from contracts.common import Page
from contracts.errors import Conflict, Forbidden
from contracts.forum import PostRevision
from contracts.revisions import Withheld, Withhold
from gateway.live.options import LiveOptions
from tests.unit.gateway.fakes import AMINA, ARTICLE, BORIS, MOMENT, FakeServices, article
from tests.unit.gateway.harness import Robot, SystemHarness
from tests.unit.gateway.page_samples import POST, post
from tests.unit.gateway.stream_client import StreamClient

Token = Callable[[FlaskClient], str]
SECRET = "Zqsecret"
REASON = {"reason": "A private address."}
WITHHELD = Withheld(reason="A private address.", by_id=BORIS, at=MOMENT)
FAST = LiveOptions(pull=0.01, retry=0.01, heartbeat=0.05)


def edited_post(system: SystemHarness, first: bool = False) -> tuple[dict[str, Any], str]:
    """Amina's topic and the path of a post of hers that said the secret."""
    amina = system.robot("Amina")
    body = {"language": "en", "title": "Maps", "body": f"{SECRET} zero.", "category": "help"}
    topic = amina.post("/topics", body).json
    if first:
        made = amina.get(f"/topics/{topic['id']}/posts").json["items"][0]
    else:
        made = amina.post(f"/topics/{topic['id']}/posts", {"body": f"{SECRET} one."}).json
    path = f"/posts/{made['id']}"
    for revision, text in ((1, f"{SECRET} two."), (2, "Harmless.")):
        assert amina.patch(path, {"revision": revision, "body": text}).status_code == 200
    return topic, path


def edited_article(system: SystemHarness) -> str:
    """The path of a published article whose first texts said the secret."""
    amina, edith = system.robot("Amina"), system.robot("Edith")
    body = {"language": "en", "title": f"Title {SECRET}", "body": f"{SECRET} one.", "category": "stories"}
    path = f"/articles/{amina.post('/articles', body).json['id']}"
    amina.post(f"{path}/submit")
    out = edith.post(f"{path}/publish").json
    system.drain()
    changed = {"revision": out["revision"], "title": "Wells", "body": "Harmless."}
    assert edith.patch(path, changed).status_code == 200
    system.drain()
    return path


def test_an_author_withholds_a_post_that_they_edited_away_and_a_moderator_undoes_it(
    system: SystemHarness,
) -> None:
    _, path = edited_post(system)
    amina, boris, mina, stranger = (*map(system.robot, ("Amina", "Boris", "Mina")), Robot(system))
    assert boris.post(f"{path}/history/1/withhold", REASON).json["code"] == "not-withholder"
    assert amina.post(f"{path}/history/1/withhold", {"reason": " "}).status_code == 422
    assert amina.post(f"{path}/history/3/withhold", REASON).status_code == 404
    assert amina.post(f"{path}/history/1/withhold", REASON).status_code == 204
    assert mina.post(f"{path}/history/2/withhold", REASON).status_code == 204
    for robot in (stranger, boris, amina):
        answer = robot.get(f"{path}/history")
        assert SECRET not in answer.text
        assert [each["withheld"]["reason"] for each in answer.json["items"]] == [REASON["reason"]] * 2
    assert SECRET in mina.get(f"{path}/history").text
    assert amina.post(f"{path}/history/1/show").status_code == 403
    assert mina.post(f"{path}/history/1/show").status_code == 204
    assert stranger.get(f"{path}/history").json["items"][0]["body"] == f"{SECRET} one."


@pytest.mark.slow
def test_an_editor_withholds_a_text_of_an_article(system: SystemHarness) -> None:
    path = edited_article(system)
    amina, boris, edith = map(system.robot, ("Amina", "Boris", "Edith"))
    assert edith.post(f"{path}/history/en/2/withhold", REASON).json["code"] == "revision-current"
    assert boris.post(f"{path}/history/en/1/withhold", REASON).status_code == 403
    assert edith.post(f"{path}/history/en/1/withhold", REASON).status_code == 204
    for robot in (amina, boris):
        assert SECRET not in robot.get(f"{path}/history").text
    assert SECRET in edith.get(f"{path}/history").text
    assert edith.post(f"{path}/history/en/1/show").status_code == 204
    assert SECRET in boris.get(f"{path}/history").text


def replayed(system: SystemHarness) -> list[dict[str, Any]]:
    system.set_live(FAST)
    names = "space.article,space.topic,space.post"
    return StreamClient(system, f"/v2/stream/{names}?since=2020-01-01").read()


@pytest.mark.slow
@pytest.mark.parametrize("first", [False, True])
def test_a_stream_replays_nothing_that_is_withheld_from_a_post(system: SystemHarness, first: bool) -> None:
    topic, path = edited_post(system, first)
    system.drain()
    before = replayed(system)
    assert SECRET in str(before)
    mina = system.robot("Mina")
    for revision in (1, 2):
        assert mina.post(f"{path}/history/{revision}/withhold", REASON).status_code == 204
    system.drain()
    said = [each for each in replayed(system) if path.removeprefix("/posts/") in str(each)]
    about = [
        each for each in said if "post" not in each or each["post"]["id"] == path.removeprefix("/posts/")
    ]
    assert about
    texts = [each["post"]["body"] for each in about if "post" in each]
    assert texts == ["", "", "Harmless."]
    assert [each["meta"]["id"] for each in replayed(system)] == [each["meta"]["id"] for each in before]
    if first:
        bodies = {
            version["body"] for each in about if "topic" in each for version in each["topic"]["versions"]
        }
        assert bodies == {"", "Harmless."}
        assert SECRET not in str(replayed(system))
        assert {
            version["title"] for each in about if "topic" in each for version in each["topic"]["versions"]
        } == {"Maps"}
    for revision in (1, 2):
        assert mina.post(f"{path}/history/{revision}/show").status_code == 204
    system.drain()
    assert str(replayed(system)) == str(before)
    assert topic["id"] in str(before)


@pytest.mark.slow
def test_a_stream_replays_nothing_that_is_withheld_from_an_article_nor_its_discussion(
    system: SystemHarness,
) -> None:
    path = edited_article(system)
    before = [each for each in replayed(system) if SECRET in str(each).replace("zqsecret", "")]
    assert {each["meta"]["stream"] for each in before} == {"space.article", "space.topic", "space.post"}
    assert system.robot("Edith").post(f"{path}/history/en/1/withhold", REASON).status_code == 204
    system.drain()
    after = replayed(system)
    assert len(after) > len(before)
    assert SECRET not in str(after)
    newest = [each["article"]["versions"][0] for each in after if "article" in each][-1]
    assert (newest["title"], newest["body"]) == ("Wells", "Harmless.")


# Pages


def test_the_page_of_a_posts_history_says_so_and_compares_with_nothing_that_is_withheld(
    stranger: FlaskClient, fakes: FakeServices
) -> None:
    texts = [
        PostRevision(revision=2, body="Herons two", by_id=AMINA, at=MOMENT),
        PostRevision(revision=1, body="", by_id=AMINA, at=MOMENT, withheld=WITHHELD),
    ]
    fakes.forum.answers.update(post=post(revision=3, body="Herons three"), post_revisions=Page(items=texts))
    page = stranger.get(f"/talk/p/{POST}/history").text
    assert "This version was withheld by" in page
    assert "A private address." in page
    assert "Herons <del>two</del><ins>three</ins>" in page
    assert page.count('class="diff"') == 2, "that of the second text is its whole text"
    assert "/withhold" not in page
    shown = replace_last(texts, body="Herons one", may_show_again=True)
    fakes.forum.answers["post_revisions"] = Page(items=shown)
    page = stranger.get(f"/talk/p/{POST}/history").text
    assert "Herons <del>one</del><ins>two</ins>" in page
    assert f'action="/talk/p/{POST}/history/1/show"' in page


def replace_last(texts: list[PostRevision], **changes: Any) -> list[PostRevision]:
    return [*texts[:-1], texts[-1].model_copy(update=changes)]


def test_the_page_of_an_articles_history_says_so(member: FlaskClient, fakes: FakeServices) -> None:
    def text(number: int, **more: Any) -> Revision:
        given = {
            "title": f"T{number}",
            "summary": "",
            "body": f"Herons {number}",
            "by_id": AMINA,
            "at": MOMENT,
        }
        return Revision(revision=number, language="en", **{**given, **more})

    hidden = text(2, title="", body="", withheld=WITHHELD)
    fakes.blog.answers.update(
        article=article(), history=Page(items=[text(3), hidden, text(1, may_withhold=True)])
    )
    page = member.get("/news/birds-of-the-valley/history").text
    assert "This version was withheld by" in page
    assert "Herons 3" in page
    assert "<del>" not in page, "no comparison tells of it"
    assert 'action="/news/birds-of-the-valley/history/en/1/withhold"' in page


def test_what_is_sent_is_done(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(article=article(), withhold_revision=None, show_revision=None)
    fakes.forum.answers.update(withhold_revision=None, show_revision=None)
    form = {"csrf_token": token(member), **REASON}
    of_article, of_post = "/news/birds-of-the-valley/history/en/1", f"/talk/p/{POST}/history/1"
    for path in (of_article, of_post):
        for step in ("withhold", "show"):
            assert member.post(f"{path}/{step}", data=form).status_code == 303
    assert fakes.blog.called("withhold_revision")[0][1:] == (ARTICLE, "en", 1, Withhold(**REASON))
    assert fakes.forum.called("show_revision")[0][1:] == (POST, 1)
    for path in (of_article, of_post):
        assert member.post(f"{path}/withhold", data={"csrf_token": form["csrf_token"]}).status_code == 422
    fakes.forum.answers["withhold_revision"] = Conflict("revision-current")
    page = member.post(f"{of_post}/withhold", data=form)
    assert (page.status_code, "shown now" in page.text) == (409, True)
    fakes.forum.answers["withhold_revision"] = Forbidden("not-withholder")
    assert member.post(f"{of_post}/withhold", data=form).status_code == 403
