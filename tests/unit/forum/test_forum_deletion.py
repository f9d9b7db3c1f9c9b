"""Deleted topics: who sees what, the log, and what restoring brings back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded
from contracts.forum import TopicPage, TopicQuery
from core.audience import STRANGER, Viewer
from services.forum import actions, queries
from tests.unit.forum.harness import MODERATOR_INSIDE, event_types, events, first_post, reply, topic
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR

SPAM = Delete(reason="spam", note="Ads.")


def test_restoring_puts_everything_back(session: Session) -> None:
    opened = topic(session, tags=["maps"])
    answer = reply(session, BO, opened)
    actions.delete_post(session, BO, reply(session, BO, opened).id, Delete())

    def seen() -> list[object]:
        return [
            queries.topic(session, STRANGER, opened.id, None),
            queries.posts(session, STRANGER, opened.id, None, 10),
            queries.topics(session, STRANGER, TopicQuery(tag="maps")),
            queries.recent_posts(session, STRANGER, None, None, 10),
            queries.categories(session, STRANGER),
            queries.post_place(session, STRANGER, answer.id),
        ]

    before, told = seen(), len(events(session))
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    assert queries.topics(session, MODERATOR, TopicQuery()).items == []
    assert queries.recent_posts(session, MODERATOR, None, None, 10).items == []
    for viewer in (STRANGER, BO, EDITOR):
        for read in (queries.topic, queries.posts):
            with pytest.raises(NotFound):
                read(session, viewer, opened.id, None, *((10,) if read is queries.posts else ()))
        for read_post in (queries.post, queries.post_place, queries.post_history):
            with pytest.raises(NotFound):
                read_post(session, viewer, answer.id)
    assert queries.visible_post_ids(session, BO, [answer.id]) == []
    assert len(queries.posts(session, MODERATOR, opened.id, None, 10).items) == 3
    actions.restore_topic(session, MODERATOR, opened.id)
    assert seen() == before
    assert event_types(session)[told:] == [
        "topic.deleted", "post.deleted", "post.deleted", "topic.restored", "post.restored", "post.restored",
    ]  # fmt: skip
    gone = events(session)[told].data["topic"]
    assert (gone["versions"], gone["tags"], gone["slug"]) == ([], [], opened.id)
    assert "Ads." not in str(events(session)[told].data)


def test_a_page_of_a_topic_is_the_topic_with_its_posts(session: Session) -> None:
    opened = topic(session)
    for number in range(3):
        reply(session, BO, opened, f"{number}")

    def page(viewer: Viewer) -> TopicPage:
        return queries.topic_page(session, viewer, opened.id, None, "1", 2)

    for viewer in (STRANGER, BO, MODERATOR):
        assert page(viewer).topic == queries.topic(session, viewer, opened.id, None)
        assert page(viewer).posts == queries.posts(session, viewer, opened.id, "1", 2)
    actions.delete_topic(session, MODERATOR, opened.id, Delete(reason="spam"))
    session.flush()
    assert page(MODERATOR).posts == queries.posts(session, MODERATOR, opened.id, "1", 2)
    assert (page(AMIRA).topic.id, page(AMIRA).posts.items) == (opened.id, [])
    for viewer in (STRANGER, BO):
        with pytest.raises(NotFound):
            page(viewer)


def test_who_may_delete(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category=None)
    outside = topic(session)
    reply(session, BO, outside)
    for viewer, which, error in (
        (STRANGER, outside, SignInNeeded),
        (BO, outside, Forbidden),
        (EDITOR, outside, Forbidden),
        (AMIRA, outside, Forbidden),
        (GROUP_MODERATOR, outside, Forbidden),
        (MODERATOR, inside, NotFound),
        (MODERATOR_INSIDE, inside, Forbidden),
    ):
        with pytest.raises(error):
            actions.delete_topic(session, viewer, which.id, SPAM)
    weak = MODERATOR.model_copy(update={"scopes": frozenset({"read", "write"})})
    with pytest.raises(Forbidden):
        actions.delete_topic(session, weak, outside.id, SPAM)
    actions.delete_topic(session, GROUP_MODERATOR, inside.id, SPAM)
    actions.delete_topic(session, MODERATOR, outside.id, SPAM)


@pytest.mark.parametrize(
    ("command", "code"), [(Delete(), "reason-missing"), (Delete(reason="other"), "note-missing")]
)
def test_moderators_give_a_reason(session: Session, command: Delete, code: str) -> None:
    opened = topic(session)
    with pytest.raises(Invalid) as refused:
        actions.delete_topic(session, MODERATOR, opened.id, command)
    assert [fault.code for fault in refused.value.faults] == [code]


@pytest.mark.parametrize("viewer", [BO, EDITOR, AMIRA])
def test_who_may_not_restore(session: Session, viewer: Viewer) -> None:
    opened = topic(session)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    with pytest.raises(Forbidden if viewer is AMIRA else NotFound):
        actions.restore_topic(session, viewer, opened.id)


def test_nothing_can_be_written_in_a_deleted_topic(session: Session) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    for viewer in (AMIRA, BO, MODERATOR, ADMIN):
        with pytest.raises(NotFound):
            reply(session, viewer, opened)
        with pytest.raises(NotFound):
            actions.delete_post(session, viewer, post.id, Delete())


def test_a_topic_whose_last_post_is_deleted_goes_with_it(session: Session) -> None:
    opened = topic(session)
    answer = reply(session, BO, opened)
    actions.delete_post(session, AMIRA, first_post(session, opened).id, Delete())
    assert queries.topic(session, STRANGER, opened.id, None).posts == 1
    actions.delete_post(session, BO, answer.id, Delete())
    with pytest.raises(NotFound):
        queries.topic(session, STRANGER, opened.id, None)
    seen = queries.topic(session, MODERATOR, opened.id, None)
    assert seen.deletion is not None
    assert (seen.deletion.reason, seen.deletion.by_id) == ("no-posts", BO.person_id)
    actions.restore_topic(session, BO, opened.id)
    assert [each.deleted for each in queries.posts(session, STRANGER, opened.id, None, 9).items] == [
        True,
        False,
    ]


def test_the_log_is_for_those_who_moderate(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category=None, title="Inside")
    outside = topic(session, title="Outside")
    actions.delete_topic(session, GROUP_MODERATOR, inside.id, SPAM)
    actions.delete_topic(session, MODERATOR, outside.id, SPAM)
    actions.restore_topic(session, ADMIN, outside.id)

    def logged(viewer: Viewer) -> list[tuple[str, str, bool]]:
        page = queries.deletions(session, viewer, "topic", None, 10)
        return [(each.title, each.note, each.may_restore) for each in page.items]

    assert logged(MODERATOR) == [("Outside", "Ads.", False)]
    assert logged(GROUP_MODERATOR) == [("Inside", "Ads.", True)]
    first = queries.deletions(session, MODERATOR, "topic", None, 1)
    assert first.next is None
    assert first.items[0].restored_by == ADMIN.person_id
    for viewer in (STRANGER, BO, EDITOR):
        with pytest.raises(Forbidden):
            queries.deletions(session, viewer, "topic", None, 10)
