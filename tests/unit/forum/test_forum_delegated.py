"""Moderators of a language and of a category: the statements find what `rules.moderates` says, and no more."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound
from contracts.forum import TopicView
from core.audience import MEMBERS, PUBLIC, Viewer
from services.forum import actions, queries, rules
from services.forum.tables import Topic
from services.shared.powers import part_of
from tests.unit.forum.harness import WRITES, change, events, first_post, reply, topic
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR, person

pytestmark = pytest.mark.slow

SPANISH = person("spanish", delegated=frozenset({"moderator:language:es"}))
GENERAL = person("general", delegated=frozenset({"moderator:talk:general"}))
ANNOUNCER = person("announcer", delegated=frozenset({"editor:talk:announcements"}))
OF_NEWS = person("ofnews", delegated=frozenset({"moderator:news:general"}))
VIEWERS = (
    Viewer(), AMIRA, BO, EDITOR, MODERATOR, ADMIN, INSIDER, GROUP_MODERATOR, SPANISH, GENERAL, ANNOUNCER, OF_NEWS,
)  # fmt: skip


def test_the_database_and_the_rule_agree_on_who_moderates_what(session: Session) -> None:
    rows = []
    for language, category, audience in product(
        ("es", "en"), ("general", "announcements"), (PUBLIC, MEMBERS, CIRCLE)
    ):
        author = INSIDER.model_copy(update={"roles": frozenset({"member", "editor"})})
        opened = topic(session, author, language=language, category=category, audience=audience)
        actions.delete_topic(session, author, opened.id, Delete())
        rows.append(session.get_one(Topic, opened.id))
    for viewer in VIEWERS:
        found = set(session.scalars(select(Topic.id).where(queries.moderated(viewer))))
        assert found == {row.id for row in rows if rules.moderates(viewer, part_of(row))}, viewer.name
        readable = set(session.scalars(select(Topic.id).where(queries.readable(viewer))))
        assert {each for each in found if each in readable} == readable - {
            row.id for row in rows if row.author_id == viewer.person_id
        }


def in_part(session: Session, viewer: Viewer) -> tuple[TopicView, TopicView]:
    """A topic that the viewer moderates, and one that they don't."""
    if viewer is SPANISH:
        return topic(session), topic(session, language="en")
    return topic(session), topic(session, EDITOR, category="announcements")


@pytest.mark.parametrize("viewer", [SPANISH, GENERAL], ids=["language", "category"])
@pytest.mark.parametrize("name", ["rename", "tag", "pin", "close", "edit"])
def test_they_change_what_is_in_their_part_alone(session: Session, viewer: Viewer, name: str) -> None:
    mine, other = in_part(session, viewer)
    before = len(events(session))
    with pytest.raises(Forbidden):
        WRITES[name](session, viewer, other, first_post(session, other))
    assert len(events(session)) == before
    WRITES[name](session, viewer, mine, first_post(session, mine))
    assert queries.topic(session, viewer, mine.id, None).may_moderate
    assert not queries.topic(session, viewer, other.id, None).may_moderate


@pytest.mark.parametrize("viewer", [SPANISH, GENERAL], ids=["language", "category"])
def test_they_delete_and_restore_in_their_part_and_read_its_log(session: Session, viewer: Viewer) -> None:
    mine, other = in_part(session, viewer)
    post, elsewhere = reply(session, BO, mine), reply(session, BO, other)
    spam = Delete(reason="spam")
    actions.delete_post(session, MODERATOR, elsewhere.id, spam)
    actions.delete_post(session, viewer, post.id, spam)
    assert [line.item_id for line in queries.deletions(session, viewer, "post", None, 10).items] == [post.id]
    assert [each.body for each in queries.post_history(session, viewer, post.id)] == ["Yes."]
    actions.restore_post(session, viewer, post.id)
    actions.delete_topic(session, viewer, mine.id, spam)
    actions.delete_topic(session, MODERATOR, other.id, spam)
    (line,) = queries.deletions(session, viewer, "topic", None, 10).items
    assert (line.item_id, line.may_restore) == (mine.id, True)
    assert queries.topic(session, viewer, mine.id, None).deletion is not None
    with pytest.raises(NotFound):
        queries.topic(session, viewer, other.id, None)
    with pytest.raises(NotFound):
        actions.restore_topic(session, viewer, other.id)
    actions.restore_topic(session, viewer, mine.id)
    without = viewer.model_copy(update={"delegated": frozenset()})
    with pytest.raises(Forbidden, match="not-moderator"):
        queries.deletions(session, without, "topic", None, 10)


def test_they_have_no_power_in_groups(session: Session) -> None:
    inside = GENERAL.model_copy(update={"groups": INSIDER.groups})
    opened = topic(session, INSIDER, audience=CIRCLE)
    with pytest.raises(Forbidden, match="not-moderator"):
        change(session, inside, opened, closed=True)


def test_who_edits_an_official_category_opens_topics_in_it(session: Session) -> None:
    topic(session, ANNOUNCER, category="announcements")
    open_to = {each.slug for each in queries.categories(session, ANNOUNCER) if each.may_open}
    assert open_to == {"general", "announcements"}
    with pytest.raises(Forbidden, match="category-official"):
        topic(session, GENERAL, category="announcements")
