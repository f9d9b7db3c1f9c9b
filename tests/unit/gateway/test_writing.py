"""Writing articles: drafts, pictures, stale edits, translations."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bus.rpc.context import seconds_left
from contracts.blog import ArticleLine, ArticleQuery
from contracts.common import Page, TextVersion
from contracts.errors import Conflict, Fault, Invalid, invalid
from core.audience import Viewer
from gateway.app import SECONDS_FOR_A_PAGE
from tests.unit.gateway.fakes import AMINA, ARTICLE, BORIS, FakeServices, article, line, picture

Token = Callable[[FlaskClient], str]
EDIT = "/news/birds-of-the-valley/edit"


def typed(token: str, **changes: object) -> dict[str, object]:
    values = {
        "csrf_token": token, "title": "Aves del valle", "summary": "", "body": "Cuarenta y dos.", "language": "es",
        "category": "stories", "tags": "aves, valle، montaña", "do": "save",
    }  # fmt: skip
    return {**values, **changes}


def draft(**changes: object) -> object:
    return article(status="draft", published_at=None, **changes)


def test_strangers_are_asked_to_sign_in(stranger: FlaskClient) -> None:
    answer = stranger.get("/news/submit")
    assert answer.status_code == 401
    assert 'href="/sign-in?next=/news/submit"' in answer.text


def test_the_form_offers_the_readers_language_first(member: FlaskClient) -> None:
    assert '<option value="he" selected>עברית</option>' in member.get("/news/submit?uselang=he").text


def test_a_draft_is_created(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers["create_article"] = draft()
    answer = member.post("/news/submit", data=typed(token(member)))
    assert answer.status_code == 303
    command = fakes.blog.called("create_article")[0][1]
    assert (command.language, command.title, command.category) == ("es", "Aves del valle", "stories")
    assert command.tags == ["aves", "valle", "montaña"]


def test_submitting_goes_to_the_board(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(create_article=draft(), submit=article(status="submitted"))
    assert member.post("/news/submit", data=typed(token(member), do="submit")).status_code == 303
    assert fakes.blog.called("submit")[0][1] == ARTICLE


def test_what_the_board_needs_is_told_and_the_draft_kept(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    missing = [Fault(field="title", code="title-missing"), Fault(field="category", code="category-missing")]
    fakes.blog.answers.update(create_article=draft(), submit=Invalid(faults=missing))
    answer = member.post("/news/submit", data=typed(token(member), title="", category="", do="submit"))
    assert answer.status_code == 422
    assert f'action="{EDIT}"' in answer.text  # the form goes on with the draft, and makes no second one
    assert 'name="revision" value="1"' in answer.text
    assert 'id="e-title"' in answer.text
    assert 'id="e-category"' in answer.text
    assert "Cuarenta y dos." in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "x" * 201, "shorten this to at most 200"),
        ("body", "x" * 50_001, "shorten this to at most 50,000"),
        ("language", "x", "at least 2 characters"),
    ],
)
def test_bad_input_is_told_at_its_field_and_given_back(
    member: FlaskClient, fakes: FakeServices, token: Token, field: str, value: str, words: str
) -> None:
    answer = member.post("/news/submit", data=typed(token(member), **{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Aves del valle" in answer.text or value in answer.text
    assert not fakes.blog.called("create_article")


def test_a_picture_comes_with_what_its_licence_asks(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(upload_picture=picture(), create_article=draft())
    form = typed(
        token(member), picture=(io.BytesIO(b"a picture"), "bird.jpg"), picture_alt="A bird", picture_author="Rosa",
        picture_licence="CC BY-SA 4.0", picture_source="own work",
    )  # fmt: skip
    assert member.post("/news/submit", data=form).status_code == 303
    upload = fakes.blog.called("upload_picture")[0][1]
    assert base64.b64decode(upload.base64) == b"a picture"
    assert (upload.alt, upload.author, upload.licence, upload.source) == (
        "A bird",
        "Rosa",
        "CC BY-SA 4.0",
        "own work",
    )
    assert fakes.blog.called("create_article")[0][1].picture_id == picture().id


@pytest.mark.parametrize("by_api", [False, True])
def test_a_picture_has_more_time_than_a_page(
    member: FlaskClient, fakes: FakeServices, token: Token, by_api: bool
) -> None:
    left: list[float] = []

    def upload_picture(*_: object) -> object:
        left.append(seconds_left())
        return picture()

    def create_article(*_: object) -> object:
        left.append(seconds_left())
        return draft()

    fakes.blog.answers.update(upload_picture=upload_picture, create_article=create_article)
    said = {"alt": "A bird", "author": "Rosa", "licence": "CC BY-SA 4.0", "source": "own work"}
    if by_api:
        headers = {"X-CSRF-Token": token(member)}
        sent = member.post("/api/v1/uploads", json={**said, "base64": "AAAA"}, headers=headers)
        assert sent.status_code == 201
    else:
        fields = {f"picture_{name}": value for name, value in said.items()}
        file = (io.BytesIO(b"a picture"), "bird.jpg")
        member.post("/news/submit", data=typed(token(member), picture=file, **fields))
    assert min(left) > SECONDS_FOR_A_PAGE
    left.clear()
    member.post("/news/submit", data=typed(token(member)))
    assert left
    assert max(left) <= SECONDS_FOR_A_PAGE


def test_a_picture_without_credit_is_refused_at_the_fields_and_kept(
    member: FlaskClient, token: Token, fakes: FakeServices
) -> None:
    fakes.blog.answers["keep_picture"] = picture()
    form = typed(token(member), picture=(io.BytesIO(b"a picture"), "bird.jpg"))
    answer = member.post("/news/submit", data=form)
    assert answer.status_code == 422
    assert all(f'id="e-picture_{name}"' in answer.text for name in ("alt", "author", "licence", "source"))
    assert base64.b64decode(fakes.blog.called("keep_picture")[0][1].base64) == b"a picture"
    assert f'name="picture_id" value="{picture().id}"' in answer.text
    assert f'src="/media/{picture().id}/320"' in answer.text
    assert 'name="picture_away"' in answer.text


def test_a_kept_picture_is_described_when_the_form_is_sent_again(
    member: FlaskClient, token: Token, fakes: FakeServices
) -> None:
    fakes.blog.answers.update(describe_picture=picture(), create_article=draft())
    form = typed(token(member), picture_id=picture().id, picture_alt="A bird", picture_author="Rosa")
    assert member.post("/news/submit", data=form).status_code == 422
    assert not fakes.blog.called("describe_picture")
    # Saved in the background, the text needs no picture yet.
    autosaved = member.post("/news/submit", data={**form, "do": "autosave"})
    assert autosaved.status_code == 200
    assert fakes.blog.called("create_article")[0][1].picture_id is None
    form |= {"picture_licence": "CC0", "picture_source": "own work"}
    assert member.post("/news/submit", data=form).status_code == 303
    _, described, description = fakes.blog.called("describe_picture")[0]
    assert (described, description.alt, description.licence) == (picture().id, "A bird", "CC0")
    assert fakes.blog.called("create_article")[1][1].picture_id == picture().id


def test_a_file_that_is_no_picture_is_told_at_its_field(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers["upload_picture"] = invalid("base64", "picture-type")
    credit = {f"picture_{name}": "x" for name in ("alt", "author", "licence", "source")}
    answer = member.post(
        "/news/submit", data=typed(token(member), picture=(io.BytesIO(b"%PDF"), "a.pdf"), **credit)
    )
    assert answer.status_code == 422
    assert 'id="e-picture"' in answer.text


def test_a_picture_is_not_asked_for_again_when_something_else_is_wrong(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(upload_picture=picture(), create_article=invalid("tags", "tag-shape", tag="?"))
    credit = {f"picture_{name}": "x" for name in ("alt", "author", "licence", "source")}
    answer = member.post(
        "/news/submit", data=typed(token(member), picture=(io.BytesIO(b"p"), "p.png"), **credit)
    )
    assert f'name="picture_id" value="{picture().id}"' in answer.text


def test_saving_hands_the_revision_back(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(article=draft(), change_article=draft())
    answer = member.post(EDIT, data=typed(token(member), revision="3", picture_away="1"))
    assert answer.status_code == 303
    command = fakes.blog.called("change_article")[0][2]
    assert (command.revision, command.picture_id) == (3, "")


def test_a_stale_edit_shows_both_texts(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    theirs = {"title": "Birds", "summary": "", "body": "Forty-two herons of the valley."}
    conflict = Conflict("edit-conflict", data={"yours": {}, "theirs": theirs, "revision": 7})
    fakes.blog.answers.update(article=draft(), change_article=conflict)
    answer = member.post(
        EDIT, data=typed(token(member), revision="3", body="Forty-two storks of the valley.")
    )
    assert answer.status_code == 409
    assert "<del>herons</del><ins>storks</ins>" in answer.text
    assert "Forty-two storks of the valley.</textarea>" in answer.text
    assert "Forty-two herons of the valley.</pre>" in answer.text
    assert 'name="revision" value="7"' in answer.text  # saving again is a decision, no longer an accident


def test_autosave_answers_with_the_new_address(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers["create_article"] = draft()
    form = typed(token(member), do="autosave")
    answer = member.post("/news/submit", data=form, headers={"Accept": "application/json"})
    assert answer.get_json() == {"revision": 1, "action": EDIT}


def test_a_stale_autosave_is_a_problem_for_the_script(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    conflict = Conflict("edit-conflict", data={"yours": {}, "theirs": {"body": "x"}, "revision": 7})
    fakes.blog.answers.update(article=draft(), change_article=conflict)
    form = typed(token(member), do="autosave", revision="3")
    answer = member.post(EDIT, data=form, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["theirs"] == {"body": "x"}


def test_a_new_translation_names_what_it_is_made_from(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(article=article(), set_version=article())
    page = member.get("/news/birds-of-the-valley/translate/ar").text
    assert 'dir="rtl"' in page
    form = {
        "csrf_token": token(member),
        "title": "طيور",
        "body": "اثنان وأربعون",
        "based_on": "1",
        "revision": "",
    }
    answer = member.post("/news/birds-of-the-valley/translate/ar", data=form)
    assert answer.headers["Location"] == "/news/birds-of-the-valley?lang=ar"
    command = fakes.blog.called("set_version")[0][2]
    assert (command.language, command.title, command.based_on) == ("ar", "طيور", 1)
    assert not fakes.blog.called("change_article")


def test_two_translators_do_not_overwrite_each_other(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    theirs = TextVersion(language="ar", title="ط", body="ب", revision=4)
    versions = [TextVersion(language="en", title="B", body="b"), theirs]
    conflict = Conflict("edit-conflict", data={"yours": {}, "theirs": {"body": "other"}, "revision": 5})
    fakes.blog.answers.update(article=article(versions=versions), change_article=conflict)
    form = {"csrf_token": token(member), "title": "ط", "body": "mine", "based_on": "1", "revision": "4"}
    answer = member.post("/news/birds-of-the-valley/translate/ar", data=form)
    assert answer.status_code == 409
    assert not fakes.blog.called("set_version")
    assert 'name="revision" value="5"' in answer.text


@pytest.mark.parametrize("code", ["xx-nonsense", "en"])
def test_a_language_that_can_not_be_translated_into_is_refused(
    member: FlaskClient, fakes: FakeServices, code: str
) -> None:
    fakes.blog.answers["article"] = article()
    assert member.get(f"/news/birds-of-the-valley/translate/{code}").status_code == 422


def test_drafts_are_ones_own_and_those_open_to_help(member: FlaskClient, fakes: FakeServices) -> None:
    def found(viewer: Viewer, query: ArticleQuery) -> Page[ArticleLine]:
        if query.status == "draft" and query.author_id is None:
            theirs = line(status="draft", title="Theirs", author_id=BORIS)
            return Page(items=[line(status="draft", title="Mine"), theirs])
        return Page(items=[line(status="draft", title="Mine")] if query.status == "draft" else [])

    fakes.blog.answers["articles"] = found
    page = member.get("/drafts").text
    assert (page.count(">Mine<"), page.count(">Theirs<")) == (1, 1)
    assert fakes.blog.called("articles")[0][1].author_id == AMINA
