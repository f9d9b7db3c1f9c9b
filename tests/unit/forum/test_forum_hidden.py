"""What a reader may not see answers as what is not there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticlePublished
from contracts.errors import NotFound
from contracts.forum import PostView, TopicQuery, TopicView
from core.audience import MEMBERS, STRANGER
from services.forum import handlers, queries
from tests.unit.forum.harness import WRITES, article, events, first_post, reply, topic
from tests.unit.harness import work_until_not_found
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, INSIDER, MODERATOR

NEVER = "0123456789abcdef"


def check_the_work_is_the_same(session: Session, *found: tuple[TopicView, PostView]) -> None:
    """The time of an answer tells nothing: what is hidden takes the statements of what is not there."""
    for viewer in (STRANGER, AMIRA, MODERATOR):
        each_works: list[list[list[str]]] = []
        for which, what in found:
            calls: list[Callable[[], object]] = [
                partial(queries.topic, session, viewer, which.id, None),
                partial(queries.posts, session, viewer, which.id, None, 10),
                partial(queries.post, session, viewer, what.id),
                partial(queries.post_place, session, viewer, what.id),
                partial(queries.post_revisions, session, viewer, what.id, True, None, 10),
            ]
            if viewer.signed_in:
                calls += [
                    partial(write, session, viewer, which, what)
                    for name, write in WRITES.items()
                    if name not in ("open", "category")
                ]
            each_works.append([work_until_not_found(session, call) for call in calls])
        assert all(each_works[0])
        assert each_works[0] == each_works[1]


def test_a_groups_topic_answers_an_outsider_as_one_that_never_was(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category="general", tags=["plan"])
    post = reply(session, INSIDER, inside)
    about = article(audience=CIRCLE)
    handlers.article_published(session, ArticlePublished(article=about, by_id="x"))
    unknown_topic, unknown_post = (
        inside.model_copy(update={"id": NEVER}),
        post.model_copy(update={"id": NEVER}),
    )
    for viewer in (STRANGER, AMIRA, MODERATOR, ADMIN):
        for topic_id, post_id in ((inside.id, post.id), (NEVER, NEVER)):
            reads: list[Callable[[], object]] = [
                partial(queries.topic, session, viewer, topic_id, None),
                partial(queries.posts, session, viewer, topic_id, None, 10),
                partial(queries.post, session, viewer, post_id),
                partial(queries.post_place, session, viewer, post_id),
                partial(queries.post_history, session, viewer, post_id),
                partial(queries.post_revisions, session, viewer, post_id, True, None, 10),
            ]
            for read in reads:
                with pytest.raises(NotFound) as missing:
                    read()
                assert missing.value.to_wire() == NotFound().to_wire()
        assert queries.topic_of_article(session, viewer, about.id) is None
        queries_of_it = (
            TopicQuery(),
            TopicQuery(tag="plan"),
            TopicQuery(audience=CIRCLE),
            TopicQuery(sort="new"),
        )
        assert [queries.topics(session, viewer, query).items for query in queries_of_it] == [[]] * 4
        assert queries.recent_posts(session, viewer, None, None, 10).items == []
        assert queries.recent_posts(session, viewer, INSIDER.person_id, None, 10).items == []
        assert [each.topics for each in queries.categories(session, viewer)] == [0, 0]
    for viewer, name in itertools.product((AMIRA, MODERATOR, ADMIN), WRITES):
        if name in ("open", "category"):
            continue
        for which, what in ((inside, post), (unknown_topic, unknown_post)):
            with pytest.raises(NotFound) as missing:
                WRITES[name](session, viewer, which, what)
            assert missing.value.to_wire() == NotFound().to_wire()
    with pytest.raises(NotFound):
        topic(session, AMIRA, audience=CIRCLE)
    check_the_work_is_the_same(session, (inside, post), (unknown_topic, unknown_post))
    assert [each.topics for each in queries.categories(session, INSIDER)] == [1, 0]
    assert len(queries.topics(session, INSIDER, TopicQuery()).items) == 2


def test_a_quote_of_a_post_that_its_writer_may_not_see_is_no_quote(session: Session) -> None:
    secret = first_post(session, topic(session, INSIDER, audience=CIRCLE))
    public = topic(session)
    known = first_post(session, public)
    quotes = [f"> [@somebody](/talk/p/{each}):\n> said" for each in (secret.id, known.id, NEVER)]
    reply(session, BO, public, "\n\n".join(quotes))
    assert events(session)[-1].data["post"]["quoted_ids"] == [known.id]


def test_what_is_for_members_is_not_for_strangers(session: Session) -> None:
    inside = topic(session, audience=MEMBERS)
    assert queries.topic(session, BO, inside.id, None).id == inside.id
    with pytest.raises(NotFound):
        queries.topic(session, STRANGER, inside.id, None)
    assert queries.categories(session, STRANGER)[0].topics == 0
    assert queries.categories(session, BO)[0].topics == 1
