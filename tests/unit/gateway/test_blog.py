"""Reading articles: lists, versions, the talk underneath, pictures."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from flask.testing import FlaskClient

from contracts.blog import CategoryView, PictureBytes, Revision
from contracts.common import Page, TextVersion
from contracts.errors import Forbidden, NotFound, Unavailable
from contracts.forum import PostView, TopicView
from contracts.notify import FollowView
from core.audience import STRANGER
from tests.unit.gateway.fakes import (
    AMINA,
    ARTICLE,
    BORIS,
    EDITOR,
    MOMENT,
    TOPIC,
    FakeServices,
    article,
    line,
    picture,
)

Token = Callable[[FlaskClient], str]
PATH = "/news/birds-of-the-valley"
POST = "000000000000000c"


def topic(**changes: object) -> TopicView:
    values = {
        "id": TOPIC, "slug": "birds", "audience": "public", "category": None, "tags": [], "author_id": AMINA,
        "language": "en", "title": "Birds", "languages": ["en"], "posts": 2, "created_at": MOMENT,
        "last_post_at": MOMENT, "last_author_id": BORIS, "article_id": ARTICLE, "original_language": "en",
        "revision": 1, "versions": [],
    }  # fmt: skip
    return TopicView.model_validate({**values, **changes})


def post(**changes: object) -> PostView:
    values = {
        "id": POST, "topic_id": TOPIC, "number": 2, "author_id": BORIS, "language": "he", "body": "שלום **לכם**",
        "created_at": MOMENT,
    }  # fmt: skip
    return PostView.model_validate({**values, **changes})


def discussed(fakes: FakeServices, **changes: object) -> None:
    fakes.blog.answers["article"] = article()
    fakes.forum.answers.update(topic_of_article=topic(**changes), posts=Page[PostView](items=[post()]))


STORIES = CategoryView(slug="stories", name="Stories", about="What happened", language="en")


def no_category(viewer: object, slug: str) -> str:
    raise NotFound


def test_the_list_hands_filters_on_and_back(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["articles"] = Page(items=[line(picture=picture())], next="more")
    fakes.blog.answers["categories"] = [STORIES]
    page = stranger.get("/news?category=stories&tag=birds&lang=es").text
    query = fakes.blog.called("articles")[0][1]
    assert (query.category, query.tag, query.language) == ("stories", "birds", "es")
    assert "category=stories&amp;tag=birds&amp;lang=es&amp;after=more" in page
    assert 'alt="A bird"' in page


def test_a_list_too_long_asked_for_is_refused(stranger: FlaskClient) -> None:
    assert stranger.get("/news?after=" + "x" * 500).status_code == 422


def test_an_article_shows_its_text_picture_and_credit(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article(picture=picture())
    # The widths that there are of a picture of 1200 pixels, each under its own name.
    offered = re.search(r'srcset="([^"]+)" sizes="[^"]+" width="1200" height="800"', stranger.get(PATH).text)
    assert offered is not None
    assert [each.split()[1] for each in offered[1].split(", ")] == ["320w", "640w", "800w", "1200w"]
    page = stranger.get(PATH).text
    assert "The <em>whole</em> story." in page
    assert "<bdi>Rosa Núñez</bdi>, <bdi>CC BY-SA 4.0</bdi>" in page
    assert 'href="https://commons.example/Bird.jpg"' in page
    assert "<bdi>Amina</bdi></a>" in page
    assert "With help from" in page


def test_a_source_that_is_no_web_address_is_no_link(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article(picture=picture(source="javascript:alert(1)"))
    assert 'href="javascript' not in stranger.get(PATH).text


def test_a_translation_is_credited_and_marked(stranger: FlaskClient, fakes: FakeServices) -> None:
    versions = [
        TextVersion(language="en", title="Birds of the valley", body="b"),
        TextVersion(
            language="ar", title="طيور", body="ب", translator_id=BORIS, outdated=True, reviewed=False
        ),
    ]
    fakes.blog.answers["article"] = article(
        language="ar", title="طيور", original_language="en", languages=["en", "ar"], versions=versions
    )
    page = stranger.get(PATH + "?lang=ar").text
    assert fakes.blog.called("article")[0][2] == "ar"
    assert '<h1 lang="ar" dir="rtl">طيور</h1>' in page
    assert "<bdi>Boris</bdi>" in page
    assert "The original has changed since this was translated." in page
    assert "Nobody has checked this translation" in page
    assert f'href="{PATH}?lang=en" hreflang="en"' in page


def test_an_older_address_leads_to_the_present_one(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article()
    answer = stranger.get("/news/birds?lang=es")
    assert (answer.status_code, answer.headers["Location"]) == (301, PATH + "?lang=es")


def test_the_talk_stands_underneath(stranger: FlaskClient, fakes: FakeServices) -> None:
    discussed(fakes)
    page = stranger.get(PATH).text
    assert fakes.forum.called("posts")[0][1:3] == (TOPIC, "1")
    assert f'id="p{POST}"' in page
    assert '<div class="prose" lang="he" dir="rtl"><p>שלום <strong>לכם</strong></p>' in page
    assert "Sign in to reply" in page
    assert "<textarea" not in page


def test_without_the_forum_the_article_still_reads(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article()
    fakes.forum.answers["topic_of_article"] = Unavailable()
    page = stranger.get(PATH).text
    assert "The <em>whole</em> story." in page
    assert "Talk can’t be reached" in page


def test_the_discussion_that_has_not_opened_yet_says_so(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article()
    assert "The discussion will open in a moment." in stranger.get(PATH).text


def test_a_reply_under_an_article_goes_into_its_topic(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    discussed(fakes)
    fakes.forum.answers["create_post"] = post()
    form = {"csrf_token": token(member), "body": "Which ones?\r\nAll?", "language": "en"}
    answer = member.post(PATH + "/reply", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}#p{POST}")
    _, topic_id, command = fakes.forum.called("create_post")[0]
    assert (topic_id, command.body, command.language) == (TOPIC, "Which ones?\nAll?", "en")


def test_a_refused_reply_is_given_back(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    discussed(fakes, may_reply=True)
    fakes.forum.answers["create_post"] = Forbidden("topic-closed")
    form = {"csrf_token": token(member), "body": "A long thought</textarea>", "language": "en"}
    answer = member.post(PATH + "/reply", data=form)
    assert answer.status_code == 403
    assert "A long thought&lt;/textarea&gt;" in answer.text


def test_a_closed_discussion_has_no_form(member: FlaskClient, fakes: FakeServices) -> None:
    discussed(fakes, closed=True)
    page = member.get(PATH).text
    assert "closed to new replies" in page
    assert "<textarea" not in page


def test_a_member_is_asked_to_translate_what_is_not_in_their_language(
    member: FlaskClient, fakes: FakeServices
) -> None:
    fakes.blog.answers["article"] = article(may_translate=True)
    assert f'href="{PATH}/translate/he"' in member.get(PATH + "?uselang=he").text
    assert f'href="{PATH}/translate/en"' not in member.get(PATH).text


def test_history_shows_what_changed(member: FlaskClient, fakes: FakeServices) -> None:
    def saved(number: int, body: str) -> Revision:
        return Revision(
            revision=number, language="en", title="Birds", summary="", body=body, by_id=BORIS, at=MOMENT
        )

    fakes.blog.answers["article"] = article()
    fakes.blog.answers["history"] = Page(items=[saved(2, "Forty-two herons."), saved(1, "Forty herons.")])
    page = member.get(PATH + "/history").text
    assert "<ins>" in page
    assert "two" in page
    assert "Version 2" in page


def test_history_compares_with_the_next_page_too(member: FlaskClient, fakes: FakeServices) -> None:
    def revisions(viewer: object, article_id: str, after: str | None, limit: int) -> Page[Revision]:
        first = int(after) if after else 12
        numbers = range(first, max(first - limit, 0), -1)
        items = [
            Revision(
                revision=n, language="en", title="", summary="", body=f"Herons {n}", by_id=BORIS, at=MOMENT
            )
            for n in numbers
        ]
        return Page(items=items, next=str(numbers[-1] - 1) if numbers[-1] > 1 else None)

    fakes.blog.answers.update(article=article(), history=revisions)
    page = member.get(PATH + "/history").text
    assert page.count('class="diff"') == 10
    assert "Herons <del>2</del><ins>3</ins>" in page
    assert "Show text" not in page
    assert "Herons <del>1</del><ins>2</ins>" in member.get(PATH + "/history?after=2").text


def test_pictures_for_all_are_kept_for_good_and_drafts_only_by_their_reader(
    member: FlaskClient, stranger: FlaskClient, fakes: FakeServices
) -> None:
    content = PictureBytes(media_type="image/webp", base64=base64.b64encode(b"bytes").decode())
    fakes.blog.answers["picture_bytes"] = content
    public = member.get("/media/000000000000000f/640")
    assert (public.data, public.mimetype) == (b"bytes", "image/webp")
    assert public.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in public.headers["Content-Security-Policy"]

    def of_a_draft(viewer: object, picture_id: str, width: int) -> PictureBytes:
        if viewer == STRANGER:
            raise NotFound
        return content

    fakes.blog.answers["picture_bytes"] = of_a_draft
    assert member.get("/media/000000000000000f/640").headers["Cache-Control"].startswith("private")
    assert stranger.get("/media/000000000000000f/640").status_code == 404


def test_a_part_of_a_picture_is_sent_alone(member: FlaskClient, fakes: FakeServices) -> None:
    content = PictureBytes(media_type="image/webp", base64=base64.b64encode(b"0123456789").decode())
    fakes.blog.answers["picture_bytes"] = content
    path = "/media/000000000000000f/640"
    whole = member.get(path)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = member.get(path, headers={"Range": "bytes=7-", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")
    other = member.get(path, headers={"Range": "bytes=7-", "If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, b"0123456789")
    assert member.get(path, headers={"Range": "bytes=10-"}).status_code == 416
    for odd in (
        "bytes=-0",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=9-1",
        "bytes=0-99999999999999999999",
    ):
        assert member.get(path, headers={"Range": odd}).status_code in (200, 206, 416), odd
    known = member.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def test_only_who_may_review_a_translation_is_asked(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article(may_review=True)
    assert f'action="{PATH}/review-version"' in member.get(PATH).text
    fakes.blog.answers["article"] = article()
    assert "review-version" not in member.get(PATH).text


def test_editors_may_mark_a_translation_as_right(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.be(EDITOR)
    fakes.blog.answers.update(article=article(), review_version=article())
    form = {"csrf_token": token(member), "language": "ar"}
    answer = member.post(PATH + "/review-version", data=form)
    assert answer.headers["Location"] == PATH + "?lang=ar"
    assert fakes.blog.called("review_version")[0][1:] == (ARTICLE, "ar")


def test_an_article_and_a_category_can_be_followed(
    fakes: FakeServices, member: FlaskClient, stranger: FlaskClient
) -> None:
    fakes.blog.answers["article"] = article()
    fakes.blog.answers["categories"] = [STORIES]
    fakes.blog.answers["category_now"] = no_category
    fakes.notify.answers["follow_state"] = lambda viewer, kind, id: (
        FollowView(kind=kind, id=id, level="normal", since=MOMENT) if kind == "category" else None
    )
    page = member.get(PATH).text
    assert f'name="kind" value="article"><input type="hidden" name="id" value="{ARTICLE}"' in page
    assert 'name="level" value="normal"' in page
    page = member.get("/news?category=stories").text
    assert 'name="kind" value="category"><input type="hidden" name="id" value="news/stories"' in page
    assert 'name="level" value="none"' in page
    assert "What happened" in page
    assert 'action="/follow"' not in member.get("/news").text
    assert 'action="/follow"' not in member.get("/news?category=unknown").text
    assert "/sign-in?next=" in stranger.get(PATH).text


def test_what_is_no_article_yet_is_not_offered_to_be_followed(
    fakes: FakeServices, member: FlaskClient
) -> None:
    fakes.blog.answers["article"] = article(status="draft", published_at=None)
    assert 'action="/follow"' not in member.get(PATH).text
    assert fakes.notify.called("follow_state") == []
