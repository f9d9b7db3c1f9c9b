"""Deleted posts: who sees what, and what restoring brings back."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded
from core.audience import STRANGER, Viewer
from services.forum import actions, queries
from tests.unit.forum.harness import edit, event_types, events, first_post, reply, topic, translate
from tests.unit.users import ADMIN, AMIRA, BO, EDITOR, MODERATOR

SPAM = Delete(reason="spam", note="Ads.")


def test_a_deleted_post_comes_back_as_it_was(session: Session) -> None:
    opened = topic(session)
    translate(session, BO, opened, "de")
    reply(session, AMIRA, opened)
    answer = edit(session, BO, reply(session, BO, opened, "Hello @amira"), "Bye @amira")
    start = first_post(session, opened)

    def seen() -> list[object]:
        whole = queries.topic(session, STRANGER, opened.id, None)
        texts = {
            text.language: (text.title, text.body, text.translator_id, text.outdated)
            for text in whole.versions
        }
        return [
            texts, whole.posts, whole.excerpt, whole.last_post_at, whole.last_author_id,
            queries.posts(session, STRANGER, opened.id, None, 10),
            queries.post_history(session, STRANGER, answer.id),
        ]  # fmt: skip

    before = seen()
    for post in (answer, start):
        gone = actions.delete_post(session, MODERATOR, post.id, SPAM)
        assert (gone.reason, gone.note, gone.by_id) == ("spam", "Ads.", MODERATOR.person_id)
        told = events(session)[-1]
        assert (told.type, told.data["reason"], told.data["post"]["body"]) == (
            "forum.post.deleted",
            "spam",
            "",
        )
        assert "Ads." not in str(told.data)
    with pytest.raises(NotFound):
        queries.post_history(session, STRANGER, answer.id)
    for post in (start, answer):
        assert actions.restore_post(session, MODERATOR, post.id).body == post.body
        assert events(session)[-1].data["post"]["body"] == post.body
    assert seen() == before


def test_a_deleted_post_says_why_to_its_author_and_moderators(session: Session) -> None:
    opened = topic(session)
    post = reply(session, BO, opened, "Cheap **pills** here")
    actions.delete_post(session, MODERATOR, post.id, SPAM)
    for viewer, reason, by_id, may_restore in (
        (STRANGER, None, None, False),
        (AMIRA, None, None, False),
        (EDITOR, None, None, False),
        (BO, "spam", None, False),
        (MODERATOR, "spam", MODERATOR.person_id, True),
        (ADMIN, "spam", MODERATOR.person_id, True),
    ):
        shown = queries.post(session, viewer, post.id)
        seen = shown.deletion
        assert (seen and seen.reason, seen and seen.by_id) == (reason, by_id)
        assert (shown.body, shown.may_restore, shown.may_delete) == ("", may_restore, False)
        assert queries.posts(session, viewer, opened.id, None, 9).items[-1] == shown
    (line,) = queries.deletions(session, MODERATOR, "post", None, 10).items
    assert (line.item_id, line.title, line.reason, line.may_restore) == (
        post.id,
        "Cheap pills here",
        "spam",
        True,
    )
    assert queries.deletions(session, MODERATOR, "topic", None, 10).items == []


@pytest.mark.parametrize("viewer", [STRANGER, BO, EDITOR, AMIRA])
def test_who_may_not_restore_a_post(session: Session, viewer: Viewer) -> None:
    post = reply(session, BO, topic(session))
    actions.delete_post(session, MODERATOR, post.id, SPAM)
    with pytest.raises((Forbidden, SignInNeeded)):
        actions.restore_post(session, viewer, post.id)
    with pytest.raises((Forbidden, SignInNeeded)) if viewer is not BO else nullcontext():
        actions.delete_post(session, viewer, post.id, SPAM)
    assert queries.post(session, STRANGER, post.id).deleted


def test_authors_delete_and_restore_their_posts_without_a_reason(session: Session) -> None:
    opened = topic(session)
    post = reply(session, BO, opened)
    assert (post.may_delete, post.reason_needed) == (True, False)
    assert actions.delete_post(session, BO, post.id, Delete()).reason == "author"
    with pytest.raises(Forbidden):
        actions.restore_post(session, MODERATOR, post.id)
    assert queries.post(session, BO, post.id).may_restore
    assert not actions.restore_post(session, BO, post.id).deleted
    assert not actions.restore_post(session, BO, post.id).deleted, "twice is once"
    assert event_types(session)[-2:] == ["post.deleted", "post.restored"]


@pytest.mark.parametrize(
    ("command", "code"), [(Delete(), "reason-missing"), (Delete(reason="other"), "note-missing")]
)
def test_moderators_give_a_reason_for_a_post(session: Session, command: Delete, code: str) -> None:
    post = reply(session, BO, topic(session))
    assert queries.post(session, MODERATOR, post.id).reason_needed
    with pytest.raises(Invalid) as refused:
        actions.delete_post(session, MODERATOR, post.id, command)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_topic_whose_only_post_a_moderator_deletes_has_the_moderators_reason(session: Session) -> None:
    opened = topic(session)
    gone = actions.delete_post(session, MODERATOR, first_post(session, opened).id, SPAM)
    assert (gone.reason, gone.note) == ("spam", "Ads.")
    assert queries.topic(session, AMIRA, opened.id, None).deletion is not None
    (line,) = queries.deletions(session, MODERATOR, "topic", None, 10).items
    assert (line.item_id, line.reason) == (opened.id, "spam")
    actions.restore_topic(session, MODERATOR, opened.id)
    assert not queries.posts(session, STRANGER, opened.id, None, 9).items[0].deleted
