"""Stale edits, bad input and limits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from contracts.categories import SetCategoryState
from contracts.deletion import Delete
from contracts.errors import Conflict, Invalid, NotFound, TooMany
from contracts.forum import CreatePost, CreateTopic, TopicQuery
from core import clock
from services.forum import actions, queries
from services.forum.actions.flood import MOST_EDITS, MOST_POSTS, MOST_TOPICS
from services.shared.limits import without_limits
from tests.unit.forum.harness import change, edit, event_types, events, first_post, reply, topic, translate
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, INSIDER, MODERATOR


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_a_stale_edit_of_a_post_is_refused_with_both_texts(session: Session) -> None:
    stale = reply(session, BO, topic(session), "one")
    edit(session, MODERATOR, stale, "two")
    with pytest.raises(Conflict) as refused:
        edit(session, BO, stale, "three")
    assert (refused.value.code, refused.value.data) == (
        "edit-conflict",
        {"yours": "three", "theirs": "two", "revision": 2},
    )


def test_a_stale_change_of_a_topic_is_refused_with_both_sides(session: Session) -> None:
    stale = topic(session)
    change(session, MODERATOR, stale, tags=["one"])
    with pytest.raises(Conflict) as refused:
        change(session, AMIRA, stale, title="Other")
    theirs = {"title": "Fotos", "category": "general", "tags": ["one"]}
    assert refused.value.data == {"yours": {**theirs, "title": "Other"}, "theirs": theirs, "revision": 2}
    assert change(session, MODERATOR, stale, pinned=True).pinned, "pinning is no edit of the text"


def test_saving_what_is_there_already_changes_nothing(session: Session) -> None:
    opened = topic(session, tags=["one"])
    post = first_post(session, opened)
    before = len(events(session))
    edit(session, AMIRA, post, "Un texto.\n\n")
    change(session, AMIRA, opened, title="Fotos", tags=["One"], category="general")
    change(session, MODERATOR, opened, pinned=False)
    assert len(events(session)) == before
    assert queries.topic(session, AMIRA, opened.id, None).revision == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"language": "xx-klingon"}, ("language", "language-unknown")),
        ({"category": "nothing"}, ("category", "category-unknown")),
        ({"category": None}, ("category", "category-missing")),
        ({"tags": ["ok", "!!!"]}, ("tags", "tag-shape")),
        ({"tags": [f"tag{n}" for n in range(11)]}, ("tags", "tags-many")),
    ],
)
def test_a_topic_with_bad_input_is_refused(
    session: Session, fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        topic(session, **fields)
    assert faults(refused) == [fault]
    assert events(session) == []


def test_a_groups_topic_needs_no_category(session: Session) -> None:
    assert topic(session, INSIDER, audience=CIRCLE, category=None).category is None


def test_changes_with_bad_input_are_refused(session: Session) -> None:
    opened = topic(session)
    changes: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"category": "nothing"}, ("category", "category-unknown")),
        ({"tags": ["!"]}, ("tags", "tag-shape")),
    ]
    for fields, fault in changes:
        with pytest.raises(Invalid) as refused:
            change(session, AMIRA, opened, **fields)
        assert faults(refused) == [fault]
    bad: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"language": "es"}, ("language", "language-is-original")),
        ({"language": "klingon"}, ("language", "language-unknown")),
    ]
    for fields, fault in bad:
        with pytest.raises(Invalid) as refused:
            translate(session, BO, opened, **fields)
        assert faults(refused) == [fault]
    with pytest.raises(Invalid) as refused:
        reply(session, BO, opened, language="klingon")
    assert faults(refused) == [("language", "language-unknown")]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"title": "\u200b\u200b"},
        {"title": "a" * 201},
        {"body": ""},
        {"body": " \n "},
        {"body": "\u3164"},
        {"body": "a" * 50_001},
        {"audience": "everybody"},
        {"body": "\ud800"},
        {"unknown": 1},
    ],
)
def test_what_no_topic_can_be_does_not_reach_the_forum(fields: dict[str, Any]) -> None:
    good = {"language": "es", "title": "T", "body": "B"}
    CreateTopic.model_validate(good)
    with pytest.raises(ValidationError):
        CreateTopic.model_validate({**good, **fields})
    if "body" in fields:
        with pytest.raises(ValidationError):
            CreatePost.model_validate({"body": fields["body"]})


@pytest.mark.parametrize("after", ["", "x", "1", "1_", "2_1_x", "٣", "-1", "9" * 10, "1_x_y"])
def test_a_cursor_of_ones_own_making_is_refused(session: Session, after: str) -> None:
    opened = topic(session)
    with pytest.raises(Invalid) as refused:
        queries.topics(session, AMIRA, TopicQuery(after=after))
    assert faults(refused) == [("after", "cursor-shape")]
    if after != "1":
        with pytest.raises(Invalid):
            queries.posts(session, AMIRA, opened.id, after, 10)
    if after != "1_x_y":
        with pytest.raises(Invalid):
            queries.recent_posts(session, AMIRA, None, after, 10)


@pytest.mark.parametrize("asked", ["", "nothing", "0123456789abcdef", "🎉", "a" * 5000, "'; --"])
def test_what_is_unknown_is_not_found(session: Session, asked: str) -> None:
    opened = topic(session).model_copy(update={"id": asked})
    for write in (
        lambda: queries.topic(session, ADMIN, asked, None),
        lambda: queries.post(session, ADMIN, asked),
        lambda: reply(session, ADMIN, opened),
        lambda: change(session, ADMIN, opened, title="x"),
        lambda: actions.delete_post(session, ADMIN, asked, Delete()),
    ):
        with pytest.raises(NotFound):
            write()


def test_categories_are_named_and_set_by_administrators(session: Session) -> None:
    assert [(each.slug, each.name, each.official) for each in queries.categories(session, AMIRA)] == [
        ("general", "En general", False),
        ("announcements", "Announcements", True),
    ]
    topic(session)
    changed = actions.set_category(session, ADMIN, "general", "ar", {"ar": ("عام", ""), "he": ("כללי", "")})
    assert (changed.name, changed.topics, changed.language) == ("عام", 1, "ar")


def test_nothing_new_comes_into_a_closed_category_and_what_is_there_stays(session: Session) -> None:
    opened = topic(session)
    actions.set_category(session, ADMIN, "ideas", "en", {"en": ("Ideas", "")})
    other = topic(session, category="ideas")
    closed = SetCategoryState(closed=True, reason="Empty")
    actions.set_category_state(session, ADMIN, "general", closed)
    assert change(session, AMIRA, opened, title="Of before").category == "general"
    assert [each.may_open for each in queries.categories(session, AMIRA) if each.slug == "general"] == [False]
    attempts: list[Callable[[], object]] = [
        lambda: topic(session),
        lambda: change(session, AMIRA, other, category="general"),
    ]
    for attempt in attempts:
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.faults[0].code == "category-closed"


def test_a_topic_moves_from_category_to_category(session: Session) -> None:
    actions.set_category(session, ADMIN, "ideas", "en", {"en": ("Ideas", "")})
    opened = topic(session)
    reply(session, BO, opened)
    moved = change(session, AMIRA, opened, category="ideas")
    assert moved.category == "ideas"
    assert {each.slug: each.topics for each in queries.categories(session, BO)} == {
        "general": 0,
        "announcements": 0,
        "ideas": 1,
    }
    assert event_types(session)[-3:] == ["topic.changed", "post.changed", "post.changed"]
    assert {event.data["post"]["category"] for event in events(session)[-2:]} == {"ideas"}


def test_one_post_is_edited_only_so_often(session: Session) -> None:
    post = reply(session, BO, topic(session))
    for number in range(MOST_EDITS):
        edit(session, BO, queries.post(session, BO, post.id), f"Text {number}")
    with pytest.raises(TooMany) as refused:
        edit(session, BO, queries.post(session, BO, post.id), "Another text")
    assert refused.value.code == "too-many-edits"
    edit(session, MODERATOR, queries.post(session, BO, post.id), "A moderator's text")
    with clock.at(clock.now() + timedelta(hours=1)):
        edit(session, BO, queries.post(session, BO, post.id), "Another text")


@pytest.mark.slow
def test_nobody_floods_the_forum_but_moderators_and_imports_may(session: Session) -> None:
    opened = topic(session)
    for _ in range(MOST_POSTS):
        reply(session, BO, opened)
    with pytest.raises(TooMany) as refused:
        reply(session, BO, opened)
    assert refused.value.code == "too-many-posts"
    assert 0 < int(refused.value.params["seconds"]) <= 601
    with clock.at(clock.now()), pytest.raises(TooMany):
        reply(session, BO, opened)  # a clock that is set is no import
    with without_limits():
        reply(session, BO, opened)
    for _ in range(MOST_POSTS + 1):
        reply(session, MODERATOR, opened)
    for _ in range(MOST_TOPICS - 1):
        topic(session)
    with pytest.raises(TooMany) as refused:
        topic(session)
    assert refused.value.code == "too-many-topics"
