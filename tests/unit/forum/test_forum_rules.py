"""Who may see and do what."""

import itertools

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticlePublished
from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound, SignInNeeded
from contracts.forum import PostView, TopicQuery, TopicView
from core import markup
from core.audience import PUBLIC, STRANGER, Viewer
from services.forum import actions, handlers, queries, rules
from services.shared.powers import Part
from tests.unit.forum.harness import (
    MODERATOR_INSIDE,
    WRITES,
    article,
    change,
    edit,
    event_types,
    events,
    first_post,
    reply,
    topic,
    translate,
)
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR

NEVER, OTHER = "0123456789abcdef", "fedcba9876543210"


def refusal(session: Session, name: str, viewer: Viewer, which: TopicView, post: PostView) -> str:
    before = len(events(session))
    with pytest.raises(Forbidden) as refused:
        WRITES[name](session, viewer, which, post)
    assert len(events(session)) == before
    return refused.value.code


@pytest.mark.parametrize("name", WRITES)
def test_strangers_and_tokens_that_only_read_write_nothing(session: Session, name: str) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    with pytest.raises(SignInNeeded):
        WRITES[name](session, STRANGER, opened, post)
    reading = ADMIN.model_copy(update={"scopes": frozenset({"read", "moderate"})})
    assert refusal(session, name, reading, opened, post) == "scope-missing"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rename", "not-your-post"),
        ("tag", "not-your-post"),
        ("edit", "not-your-post"),
        ("delete", "not-your-post"),
        ("pin", "not-moderator"),
        ("close", "not-moderator"),
        ("category", "administrators-only"),
    ],
)
def test_others_topics_and_posts_are_moderators_to_change(session: Session, name: str, code: str) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    for viewer in (BO, EDITOR):
        assert refusal(session, name, viewer, opened, post) == code
    token = MODERATOR.model_copy(update={"scopes": frozenset({"read", "write"})})
    assert refusal(session, name, token, opened, post) == code
    with_scope = ADMIN.model_copy(update={"scopes": frozenset({"write", "moderate"})})
    WRITES[name](session, with_scope, opened, post)


def test_authors_change_their_own_while_it_is_open(session: Session) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    assert (opened.may_edit, post.may_edit) == (True, True)
    opened = change(session, AMIRA, opened, title="Otras fotos", tags=["uno"])
    edit(session, AMIRA, post, "Más.")
    change(session, MODERATOR, opened, closed=True)
    for name in ("rename", "edit", "delete", "reply", "translate"):
        assert refusal(session, name, AMIRA, opened, first_post(session, opened)) == "topic-closed"
    assert not queries.topic(session, AMIRA, opened.id, None).may_edit
    assert not queries.topic(session, STRANGER, opened.id, None).may_edit
    reply(session, MODERATOR, opened, "Closed, because it is decided.")
    change(session, MODERATOR, opened, closed=False)
    reply(session, BO, opened)


def test_official_categories_are_for_editors_and_moderators_to_open_topics_in(session: Session) -> None:
    with pytest.raises(Forbidden) as refused:
        topic(session, category="announcements")
    assert refused.value.code == "category-official"
    for viewer in (EDITOR, MODERATOR, ADMIN):
        reply(session, AMIRA, topic(session, viewer, category="announcements"))
    mine = topic(session)
    with pytest.raises(Forbidden) as refused:
        change(session, AMIRA, mine, category="announcements")
    assert refused.value.code == "category-official"


def test_a_group_has_its_own_moderators(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category=None)
    post = first_post(session, inside)
    assert refusal(session, "edit", MODERATOR_INSIDE, inside, post) == "not-your-post"
    assert refusal(session, "pin", MODERATOR_INSIDE, inside, post) == "not-moderator"
    change(session, GROUP_MODERATOR, inside, pinned=True)
    edit(session, GROUP_MODERATOR, post, "Mended.")
    public = topic(session)
    assert refusal(session, "pin", GROUP_MODERATOR, public, first_post(session, public)) == "not-moderator"
    assert {event.audience for event in events(session) if event.subject == f"topic/{inside.id}"} == {CIRCLE}


def test_what_opens_an_articles_discussion_is_the_articles(session: Session) -> None:
    handlers.article_published(session, ArticlePublished(article=article(), by_id="x"))
    found = queries.topics(session, STRANGER, TopicQuery()).items[0]
    opened = queries.topic(session, AMIRA, found.id, None)
    post = first_post(session, opened)
    assert (opened.may_edit, post.may_edit) == (False, False)
    for viewer, name in itertools.product(
        (AMIRA, MODERATOR), ("rename", "tag", "translate", "edit", "delete")
    ):
        assert refusal(session, name, viewer, opened, post) == "follows-article"
    change(session, MODERATOR, opened, closed=True, pinned=True)
    assert event_types(session)[-1] == "topic.changed"


def test_a_deleted_posts_text_is_for_moderators_history_and_nobody_edits_it(session: Session) -> None:
    opened = topic(session)
    post = edit(session, BO, reply(session, BO, opened, "one"), "two")
    actions.delete_post(session, BO, post.id, Delete())
    actions.delete_post(session, BO, post.id, Delete())
    assert event_types(session)[-2:] == ["post.changed", "post.deleted"]
    assert queries.post(session, MODERATOR, post.id).body == ""
    for viewer in (STRANGER, BO, AMIRA):
        with pytest.raises(NotFound):
            queries.post_history(session, viewer, post.id)
        with pytest.raises(NotFound):
            queries.post_revisions(session, viewer, post.id, False, None, 10)
    assert [each.body for each in queries.post_history(session, MODERATOR, post.id)] == ["one", "two"]
    assert len(queries.post_revisions(session, MODERATOR, post.id, False, None, 10).items) == 2
    assert refusal(session, "edit", BO, opened, post) == "post-deleted"
    assert queries.recent_posts(session, BO, BO.person_id, None, 10).items == []


def test_deleting_the_first_post_takes_its_translations_along(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    reply(session, AMIRA, opened)
    actions.delete_post(session, AMIRA, first_post(session, opened).id, Delete())
    now = queries.topic(session, STRANGER, opened.id, None)
    assert [(version.language, version.body) for version in now.versions] == [("es", "")]
    assert (now.posts, now.excerpt, now.last_author_id) == (1, "", AMIRA.person_id)
    assert event_types(session)[-2:] == ["topic.changed", "post.deleted"]
    assert refusal(session, "translate", BO, opened, first_post(session, opened)) == "post-deleted"


def test_an_up_to_date_translation_is_its_translators_authors_and_moderators(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    with pytest.raises(Forbidden) as refused:
        translate(session, EDITOR, opened, "en", body="Other.")
    assert refused.value.code == "not-your-translation"
    for viewer in (BO, AMIRA, MODERATOR):
        translate(session, viewer, opened, "en", body=f"By {viewer.name}.")
    before = len(events(session))
    translate(session, MODERATOR, opened, "en", body="By mod.")
    assert len(events(session)) == before, "the same text again is no change"


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (f"> [@a](/talk/p/{NEVER}):\n> text", [NEVER]),
        (f"> [@a](/talk/p/{NEVER}):\n> text\n\n> [@a](/talk/p/{NEVER}):\n> again", [NEVER]),
        (f"> > [@a](/talk/p/{NEVER}) nested", []),
        (f"> [@a](/talk/p/{NEVER}):\n>\n> > [@b](/talk/p/{OTHER}):\n> >\n> > first\n>\n> second", [NEVER]),
        (f"> [@a](/talk/p/{NEVER}):\n>\n> see [there](/talk/p/{OTHER})", [NEVER]),
        (f"[link](/talk/p/{NEVER}) outside", []),
        (f"    > [code](/talk/p/{NEVER})", []),
        (f"> `[code](/talk/p/{NEVER})`", []),
        ("> [@a](/talk/p/short):", []),
        (f"> [@a](https://elsewhere.example/talk/p/{NEVER})", []),
        ("> no link", []),
    ],
)
def test_quotes_are_read_from_the_text(body: str, quoted: list[str]) -> None:
    assert rules.quoted_ids(body) == quoted


@pytest.mark.parametrize("title", ["Plain", "a [b](c) *d* `e` _f_ <g> \\h", "سنة جديدة"])
def test_an_articles_title_is_no_markup(title: str) -> None:
    body = rules.discussion_body(title, "", "/news/x")
    assert markup.plain(body) == title


@pytest.mark.parametrize(
    ("viewer", "closed", "wanted"),
    [
        (STRANGER, False, (False, False, False, False)),
        (BO, False, (False, False, True, True)),
        (BO, True, (False, False, False, False)),
        (AMIRA, False, (True, False, True, True)),
        (AMIRA, True, (False, False, False, False)),
        (MODERATOR, True, (True, True, True, True)),
    ],
)
def test_a_topic_says_what_its_reader_may_do(
    session: Session, viewer: Viewer, closed: bool, wanted: tuple[bool, bool, bool, bool]
) -> None:
    opened = topic(session)
    if closed:
        change(session, MODERATOR, opened, closed=True)
    seen = queries.topic(session, viewer, opened.id, None)
    assert (seen.may_edit, seen.may_moderate, seen.may_reply, seen.may_translate) == wanted


def test_nobody_may_translate_what_follows_an_article_or_was_deleted(session: Session) -> None:
    opened = topic(session)
    reply(session, BO, opened)
    actions.delete_post(session, AMIRA, first_post(session, opened).id, Delete())
    assert not queries.topic(session, BO, opened.id, None).may_translate
    assert not rules.may_translate(MODERATOR, Part(PUBLIC), False, True, False)


def test_a_category_says_whether_its_reader_may_open_topics(session: Session) -> None:
    def open_to(viewer: Viewer) -> set[str]:
        return {each.slug for each in queries.categories(session, viewer) if each.may_open}

    assert open_to(STRANGER) == set()
    assert open_to(BO) == {"general"}
    assert open_to(MODERATOR) == {"general", "announcements"}
