"""Deleted topics: who sees what, the log, and what restoring brings back."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import TextVersion
from contracts.deletion import Delete
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded
from contracts.forum import TopicQuery
from core.audience import Viewer
from services.forum import actions, handlers, queries
from tests.unit.forum.harness import (
    ADMIN,
    AMIRA,
    BO,
    CIRCLE,
    EDITOR,
    GROUP_MODERATOR,
    INSIDER,
    MODERATOR,
    MODERATOR_INSIDE,
    STRANGER,
    article,
    edit,
    event_types,
    events,
    first_post,
    reply,
    topic,
    translate,
)

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


def test_a_discussion_follows_its_article(session: Session) -> None:
    out = article()
    handlers.article_published(session, ArticlePublished(article=out, by_id="ed"))
    discussed = queries.topic_of_article(session, STRANGER, out.id)
    assert discussed is not None
    gone = ArticleDeleted(article=out, by_id="ed", reason="rights")
    handlers.article_deleted(session, gone)
    handlers.article_deleted(session, gone)
    assert queries.topic_of_article(session, MODERATOR, out.id) is None
    with pytest.raises(Forbidden):
        actions.restore_topic(session, MODERATOR, discussed.id)
    handlers.article_restored(session, ArticleRestored(article=out, by_id="ed"))
    assert queries.topic_of_article(session, STRANGER, out.id) == discussed


def test_a_discussion_deleted_by_itself_stays_deleted_whatever_its_article_does(session: Session) -> None:
    out = article()
    handlers.article_published(session, ArticlePublished(article=out, by_id="ed"))
    discussed = queries.topic_of_article(session, STRANGER, out.id)
    assert discussed is not None
    actions.delete_topic(session, MODERATOR, discussed.id, SPAM)
    told = len(events(session))
    text = TextVersion(language="es", title="Otro", summary="Algo.", body="Texto.")
    renamed = out.model_copy(update={"versions": [text]})
    handlers.article_changed(session, ArticleChanged(article=renamed, by_id="ed"))
    handlers.article_deleted(session, ArticleDeleted(article=renamed, by_id="ed", reason="rights"))
    with pytest.raises(Forbidden):
        actions.restore_topic(session, MODERATOR, discussed.id)
    handlers.article_restored(session, ArticleRestored(article=renamed, by_id="ed"))
    assert len(events(session)) == told
    assert actions.restore_topic(session, MODERATOR, discussed.id).title == "Otro"
    assert events(session)[told].data["topic"]["versions"][0]["title"] == "Otro"


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
