from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.blog import ArticleLine
from contracts.common import Page, TextVersion
from contracts.deletion import Delete, Deletion
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, Unavailable
from contracts.forum import ForumCategory, PostPlace, PostRevision
from contracts.people import PersonCard
from core.audience import Viewer
from tests.unit.gateway.fakes import AMINA, BORIS, MEMBER, MOMENT, TOPIC, FakeServices, article, line
from tests.unit.gateway.page_samples import GROUP, HELP, POST, group, post, topic, topic_line

Token = Callable[[FlaskClient], str]
PATH = f"/talk/t/{TOPIC}/where-to-begin"
NEWS = ForumCategory(slug="official", name="Official news", about="", language="en", official=True)


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.people.answers["groups_by_id"] = lambda viewer, ids: [group()] if GROUP in ids else []
    fakes.people.answers["cards_by_name"] = []
    fakes.forum.answers.update(
        categories=[HELP, NEWS],
        topics=Page(items=[topic_line()]),
        topic=topic(),
        posts=Page(
            items=[post(), post(id="0" * 15 + "9", number=2, author_id=BORIS, body="At the end.")], total=2
        ),
    )
    return fakes


def test_the_list_shows_topics_categories_and_the_latest_news(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    fakes.blog.answers["articles"] = Page[ArticleLine](items=[line()])
    page = stranger.get("/talk")
    assert page.status_code == 200
    for text in ("Where to begin", "/talk/c/help", "Birds of the valley", PATH):
        assert text in page.text


def test_an_unknown_category_is_not_found(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers["category_now"] = NotFound()
    assert stranger.get("/talk/c/nothing").status_code == 404


def test_a_service_that_is_away_is_said_in_its_place(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.blog.answers["articles"] = Unavailable()
    page = stranger.get("/talk")
    assert page.status_code == 200
    assert "News can’t be reached" in page.text
    assert "Where to begin" in page.text


def test_an_id_alone_leads_to_the_whole_address(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/talk/t/{TOPIC}")
    assert (answer.status_code, answer.location) == (301, PATH)


def test_an_old_slug_leads_to_the_new_one(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/talk/t/{TOPIC}/old?lang=en")
    assert (answer.status_code, answer.location) == (301, f"{PATH}?lang=en")


def test_a_topic_shows_its_posts(stranger: FlaskClient) -> None:
    page = stranger.get(PATH)
    assert page.status_code == 200
    assert "Where to <em>begin</em>?" in page.text
    assert f'id="p{POST}"' in page.text
    assert "At the end." in page.text
    assert "<textarea" not in page.text, "a stranger can't reply"


def test_the_first_post_is_shown_in_the_readers_version(fakes: FakeServices, stranger: FlaskClient) -> None:
    versions = [
        TextVersion(language="en", title="Where to begin", body="Where to begin?"),
        TextVersion(
            language="ar", title="من أين نبدأ", body="من أين *نبدأ*؟", translator_id=BORIS, outdated=True
        ),
    ]
    fakes.forum.answers["topic"] = topic(
        language="ar", title="من أين نبدأ", languages=["en", "ar"], versions=versions
    )
    page = stranger.get(f"{PATH}?lang=ar").text
    assert '<div class="prose" lang="ar" dir="rtl">' in page
    assert "من أين <em>نبدأ</em>؟" in page
    assert "Translated by" in page
    assert "The original has changed" in page
    assert fakes.forum.called("topic")[0][2] == "ar"


def test_a_topics_second_page_asks_for_later_posts(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers["posts"] = Page(items=[post(number=31)], total=31)
    assert stranger.get(f"{PATH}?page=2").status_code == 200
    assert fakes.forum.called("posts")[0][2] == "30"


@pytest.mark.parametrize("number", ["0", "-1", "x", "2", "9999999", "²"])
def test_a_page_that_is_not_there_is_not_found(number: str, stranger: FlaskClient) -> None:
    assert stranger.get(f"{PATH}?page={number}").status_code == 404


def test_a_post_alone_leads_to_its_page(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers["post_place"] = PostPlace(
        topic_id=TOPIC, topic_slug="where-to-begin", post_id=POST, number=61
    )
    answer = stranger.get(f"/talk/p/{POST}")
    assert (answer.status_code, answer.location) == (303, f"{PATH}?page=3#p{POST}")


def test_a_deleted_post_keeps_its_place(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers["posts"] = Page(items=[post(), post(number=2, body="", deleted=True)], total=2)
    assert "This post was deleted." in stranger.get(PATH).text


def test_the_topic_of_an_article_links_to_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers["topic"] = topic(article_id="000000000000000a")
    fakes.blog.answers["article"] = article()
    assert "/news/birds-of-the-valley" in stranger.get(PATH).text


def test_a_mention_without_a_space_after_it_links_to_whom_is_meant(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    fakes.forum.answers["topic"] = topic()
    fakes.forum.answers["posts"] = Page(items=[post(body="谢谢@Borisさんの帮助")], total=1)
    fakes.people.answers["cards_by_name"] = [PersonCard(id=BORIS, name="Boris", display_name="Boris")]
    page = stranger.get(PATH).text
    assert '<a href="/people/Boris" class="mention"' in page
    (asked,) = fakes.people.called("cards_by_name")
    assert {"Boris", "Borisさん"} <= set(asked[1])


def test_a_quote_begins_the_reply_without_scripts(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.forum.answers["topic"] = topic(may_reply=True)
    fakes.forum.answers["post"] = post(
        author_id=BORIS, body="> @Amina said:\n>\n> Before.\n\nFirst.\n\nSecond."
    )
    page = member.get(f"{PATH}?quote={POST}").text
    assert f"&gt; @Boris [said](/talk/p/{POST}):\n&gt;\n&gt; First.\n&gt;\n&gt; Second." in page


def test_a_quote_of_what_is_not_there_begins_an_empty_reply(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.forum.answers["post"] = NotFound()
    page = member.get(f"{PATH}?quote=nothing")
    assert page.status_code == 200
    assert "&gt; @" not in page.text


def test_a_reply_leads_to_its_place(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["create_post"] = post(number=31)
    form = {"body": "RequestContext.", "language": "es", "csrf_token": token(member)}
    answer = member.post(f"{PATH}/reply", data=form)
    assert (answer.status_code, answer.location) == (303, f"{PATH}?page=2#p{POST}")
    (_, topic_id, command) = fakes.forum.called("create_post")[0]
    assert (topic_id, command.body, command.language) == (TOPIC, "RequestContext.", "es")


def test_a_refused_reply_gives_back_what_was_typed(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.forum.answers["topic"] = topic(may_reply=True)
    fakes.forum.answers["create_post"] = Forbidden("topic-closed")
    answer = member.post(
        f"{PATH}/reply", data={"body": "My <words>", "language": "es", "csrf_token": token(member)}
    )
    assert answer.status_code == 403
    assert "My &lt;words&gt;" in answer.text
    assert "This topic is closed." in answer.text


def test_nobody_replies_to_a_closed_topic_but_moderators(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.forum.answers["topic"] = topic(closed=True)
    assert "/reply" not in member.get(PATH).text
    fakes.forum.answers["topic"] = topic(closed=True, may_reply=True, may_moderate=True)
    page = member.get(PATH).text
    assert f"{PATH}/reply" in page
    assert 'value="reopen"' in page


def test_a_form_without_its_token_is_refused(member: FlaskClient) -> None:
    assert member.post(f"{PATH}/reply", data={"body": "RequestContext."}).status_code == 403


def test_a_stranger_is_asked_to_sign_in_for_a_new_topic(stranger: FlaskClient) -> None:
    assert stranger.get("/talk/new").status_code == 401


def test_a_new_topic_offers_ones_groups_but_no_official_category(
    fakes: FakeServices, member: FlaskClient
) -> None:
    fakes.be(MEMBER.model_copy(update={"groups": frozenset({GROUP})}))
    page = member.get("/talk/new").text
    assert "Only the group Walkers" in page
    assert "Official news" not in page


def test_a_text_that_is_too_much_comes_back_with_what_to_do(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    table = f"|{'a|' * 1000}\n|{'-|' * 1000}\n" + "x\n" * 2
    form = {
        "title": "Table",
        "body": table,
        "language": "en",
        "audience": "public",
        "csrf_token": token(member),
    }
    answer = member.post("/talk/new", data=form)
    assert answer.status_code == 422
    assert "tables of this text have more than 2,000 cells" in answer.text
    assert table[:2000] in answer.text
    assert not fakes.forum.called("create_topic")


def test_a_new_topic_is_opened(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["create_topic"] = topic()
    form = {
        "title": "Where to begin", "body": "Where?\r\nHow?", "category": "help", "tags": "Birds, طيور، ",
        "language": "en",         "audience": "public", "csrf_token": token(member),
    }  # fmt: skip
    answer = member.post("/talk/new", data=form)
    assert (answer.status_code, answer.location) == (303, PATH)
    command = fakes.forum.called("create_topic")[0][1]
    assert (command.body, command.tags, command.category) == ("Where?\nHow?", ["Birds", "طيور"], "help")


def test_a_bad_new_topic_gives_back_all_that_was_typed(member: FlaskClient, token: Token) -> None:
    form = {"title": "x" * 201, "body": "Words", "category": "help", "tags": "birds", "audience": "everyone"}
    answer = member.post("/talk/new", data={**form, "language": "en", "csrf_token": token(member)})
    assert answer.status_code == 422
    assert "Please shorten this to at most 200 characters." in answer.text
    for text in ("x" * 201, "Words", 'value="birds"', '<option value="help" selected'):
        assert text in answer.text


def test_a_stale_edit_shows_both_texts_and_can_be_saved_again(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.forum.answers["post"] = post(may_edit=True)
    fakes.forum.answers["change_post"] = Conflict(
        "edit-conflict", data={"yours": "Mine", "theirs": "Theirs!", "revision": 7}
    )
    answer = member.post(
        f"/talk/p/{POST}/edit", data={"body": "Mine", "revision": "1", "csrf_token": token(member)}
    )
    assert answer.status_code == 409
    assert "Theirs!" in answer.text
    assert "Mine</textarea>" in answer.text
    assert 'name="revision" value="7"' in answer.text


def test_only_who_may_edit_gets_the_form(
    fakes: FakeServices, member: FlaskClient, stranger: FlaskClient
) -> None:
    fakes.forum.answers["post"] = post(may_edit=False)
    assert member.get(f"/talk/p/{POST}/edit").status_code == 403
    assert member.get(f"/talk/p/{POST}/delete").status_code == 403
    assert stranger.get(f"/talk/p/{POST}/edit").status_code == 401


def test_deleting_asks_first_and_is_done_by_a_form(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    gone = Deletion(reason="author", at=MOMENT)
    fakes.forum.answers.update(post=post(may_delete=True), topic=topic(), delete_post_for_reason=gone)
    assert "Delete this post?" in member.get(f"/talk/p/{POST}/delete").text
    assert not fakes.forum.called("delete_post_for_reason")
    assert member.post(f"/talk/p/{POST}/delete", data={"csrf_token": token(member)}).status_code == 303
    assert fakes.forum.called("delete_post_for_reason")[0][1:] == (POST, Delete())


def test_a_posts_history_shows_its_earlier_texts(fakes: FakeServices, stranger: FlaskClient) -> None:
    earlier = [PostRevision(revision=1, body="Before", by_id=AMINA, at=MOMENT)]
    fakes.forum.answers.update(post=post(), post_revisions=Page(items=earlier))
    page = stranger.get(f"/talk/p/{POST}/history").text
    assert "Before" in page
    assert "Where to <em>begin</em>?" in page


def test_a_posts_history_shows_a_page_of_texts_and_what_each_changed(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    def revisions(
        viewer: object, post_id: str, newest_first: bool, after: str | None, limit: int
    ) -> Page[PostRevision]:
        assert newest_first
        first = int(after) if after else 12
        numbers = range(first, max(first - limit, 0), -1)
        items = [PostRevision(revision=n, body=f"Herons {n}", by_id=AMINA, at=MOMENT) for n in numbers]
        return Page(items=items, next=str(numbers[-1] - 1) if numbers[-1] > 1 else None)

    fakes.forum.answers.update(post=post(revision=13, body="Herons 13"), post_revisions=revisions)
    page = stranger.get(f"/talk/p/{POST}/history").text
    assert page.count('class="diff"') == 11
    assert "Herons <del>12</del><ins>13</ins>" in page
    assert (
        "Herons <del>2</del><ins>3</ins>" in page
    )  # the text before the last one on this page is on the next
    assert "Herons <del>1</del>" not in page
    last = stranger.get(f"/talk/p/{POST}/history?after=2").text
    assert 'rel="next"' in page
    assert 'rel="next"' not in last
    assert "Herons <del>1</del><ins>2</ins>" in last
    assert ">Herons 1</div>" in last
    assert "Herons 13" not in last


def test_a_topic_is_translated(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["set_topic_version"] = topic()
    form = {
        "language": "es",
        "title": "Por dónde empezar",
        "body": "¿Por dónde?",
        "csrf_token": token(member),
    }
    answer = member.post(f"{PATH}/translate", data=form)
    assert (answer.status_code, answer.location) == (303, f"{PATH}?lang=es")


def test_an_empty_translation_gives_back_what_was_typed(member: FlaskClient, token: Token) -> None:
    form = {"language": "es", "title": "Por dónde", "body": "", "csrf_token": token(member)}
    answer = member.post(f"{PATH}/translate", data=form)
    assert answer.status_code == 422
    assert "Por dónde" in answer.text
    assert "Where to begin?" in answer.text
    for text in ("<h1>Translate this topic</h1>", "Original", "Translate into", "Save translation"):
        assert text in answer.text


def test_a_topics_title_and_tags_are_edited(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers.update(topic=topic(may_edit=True), change_topic=topic(slug="new-words"))
    assert 'value="Where to begin"' in member.get(f"{PATH}/edit").text
    form = {
        "title": "New words",
        "category": "help",
        "tags": "birds",
        "revision": "2",
        "csrf_token": token(member),
    }
    answer = member.post(f"{PATH}/edit", data=form)
    assert answer.location == f"/talk/t/{TOPIC}/new-words"
    assert fakes.forum.called("change_topic")[0][2].revision == 2


def test_moderators_pin_and_others_do_not(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["change_topic"] = topic(pinned=True)
    form = {"do": "pin", "csrf_token": token(member)}
    assert member.post(f"{PATH}/moderate", data=form).status_code == 403
    fakes.forum.answers["topic"] = topic(may_moderate=True)
    assert member.post(f"{PATH}/moderate", data=form).status_code == 303
    assert fakes.forum.called("change_topic")[0][2].pinned is True


def test_a_topic_one_may_not_see_is_like_one_that_never_was(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    fakes.forum.answers["topic"] = NotFound()
    fakes.forum.answers["posts"] = NotFound()
    assert stranger.get(PATH).status_code == 404


def test_signing_in_is_asked_for_by_the_forum_too(
    fakes: FakeServices, stranger: FlaskClient, token: Token
) -> None:
    fakes.forum.answers["create_post"] = SignInNeeded()
    assert (
        stranger.post(f"{PATH}/reply", data={"body": "x", "csrf_token": token(stranger)}).status_code == 401
    )


def test_a_group_members_page_names_the_group(fakes: FakeServices, member: FlaskClient) -> None:
    inside: Viewer = MEMBER.model_copy(update={"groups": frozenset({GROUP})})
    fakes.be(inside)
    fakes.forum.answers["topic"] = topic(audience=f"group:{GROUP}", category=None)
    page = member.get(PATH).text
    assert "Only members of the group can read this." in page
    assert "/groups/walkers" in page
