"""Reads of the forum: from tables to views, and never more than the viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from contracts.common import MonthCount, Page
from contracts.deletion import DeletionLine
from contracts.errors import NotFound, invalid
from contracts.forum import (
    ForumCategory,
    PostPlace,
    PostRevision,
    PostView,
    TopicLine,
    TopicPage,
    TopicQuery,
    TopicView,
)
from core import languages, paging
from core.audience import Viewer, audiences
from core.columns import texts_of
from services.forum import rules, statements, views
from services.forum.statements import FILTERS, AnyRow, AnySelect, topic_of
from services.forum.tables import Deletion, Post, Topic
from services.shared import deletion as log
from services.shared import powers
from services.shared.cursors import parse_cursor, position
from services.shared.ids import AT_ONCE, checked_ids
from services.shared.powers import is_archived, part_of
from services.shared.revisions import revision_of
from services.shared.views import view_of


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `Topic` is there for the viewer: of what they may see, and not deleted."""
    return and_(seen(viewer), Topic.deletion_id.is_(None))


def seen(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `Topic` is of what the viewer may see."""
    return statements.seen(texts_of(audiences(viewer)))


def moderated(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer moderates a row of `Topic`."""
    return statements.moderated(**powers.moderated(viewer, "talk"))


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """`visible`, and deleted ones by `rules.may_see_deleted`."""
    given = statements.rights(viewer)
    return statements.readable(**{**given, "audiences": texts_of(given["audiences"])})


def visible_post(viewer: Viewer) -> ColumnElement[bool]:
    """The same for a row of `Post`, whose topic the statement joins. Moderators also see posts of a deleted topic."""
    there = or_(Topic.deletion_id.is_(None), moderated(viewer))
    return and_(Post.audience.in_(audiences(viewer)), there)


def categories(session: Session, viewer: Viewer) -> list[ForumCategory]:
    """The categories in their order, each in the viewer's language, with the number of topics that they may
    see."""
    counted = session.execute(statements.TOPICS_IN_CATEGORIES, {"audiences": audiences(viewer)})
    counts: dict[str, int] = {row[0]: row[1] for row in counted}
    texts: dict[str, dict[str, AnyRow]] = {}
    for row in session.execute(statements.CATEGORIES, {"audiences": audiences(viewer)}).all():
        texts.setdefault(row.slug, {})[row.language] = row
    found = []
    for slug, by_language in texts.items():
        original = next(iter(by_language.values())).original_language
        text = by_language[languages.choose(by_language, viewer.languages, original)]
        found.append(
            ForumCategory(
                slug=slug,
                name=text.name,
                about=text.about,
                language=text.language,
                official=text.official,
                closed=text.closed,
                may_open=not text.closed
                and not is_archived(viewer, text.audience)
                and rules.may_open_in(viewer, slug, text.official),
                audience=text.audience,
                topics=counts.get(slug, 0),
            )
        )
    return found


def topic_months(session: Session, viewer: Viewer) -> list[MonthCount]:
    """The months in which topics were created, the latest first, with their number."""
    found = session.execute(statements.TOPICS_IN_MONTHS, {"audiences": audiences(viewer)})
    return [MonthCount(month=month, items=items) for month, items in found]


def topics(session: Session, viewer: Viewer, query: TopicQuery) -> Page[TopicLine]:
    """One page of topics. `latest`: pinned ones, then by their newest reply; `new`: by when they were opened."""
    given = {name: value for name in FILTERS if (value := getattr(query, name)) is not None}
    last: dict[str, Any] = {}
    if query.after is not None:
        pinned_too = query.sort == "latest"
        moment, last_id, *pinned = parse_cursor(query.after, 1 if pinned_too else 0)
        last = {"last_at": moment, "last_id": last_id}
        last |= {"last_pinned": pinned[0]} if pinned_too else {}
    wanted = statements.topics(frozenset(given), query.sort, bool(last))
    named = {"audiences": audiences(viewer), "most": query.limit + 1, **given, **last}
    rows = session.execute(wanted, named).all()
    more, rows = len(rows) > query.limit, rows[: query.limit]
    following = None
    if more and query.sort == "latest":
        following = paging.cursor(rows[-1].last_post_at, rows[-1].id, rows[-1].pinned)
    elif more:
        following = paging.cursor(rows[-1].created_at, rows[-1].id)
    return Page[TopicLine](items=_lines(session, viewer, rows), next=following)


def _lines(session: Session, viewer: Viewer, rows: Sequence[AnyRow]) -> list[TopicLine]:
    titles: dict[str, dict[str, tuple[str, str]]] = {row.id: {} for row in rows}
    found = session.execute(statements.TITLES, {"topic_ids": list(titles)}).all()
    for topic_id, language, title, excerpt in found:
        titles[topic_id][language] = (title, excerpt)
    lines = []
    for row in rows:
        language = languages.choose(titles[row.id], viewer.languages, row.original_language)
        title, excerpt = titles[row.id][language]
        lines.append(
            view_of(
                TopicLine,
                row,
                language=language,
                title=title,
                excerpt=excerpt,
                languages=languages.original_first(titles[row.id], row.original_language),
            )
        )
    return lines


def topic(session: Session, viewer: Viewer, topic_id: str, language: str | None) -> TopicView:
    """One topic by its id. A deleted one is its author's and moderators'."""
    return _whole_topic(session, viewer, topic_id, language)[1]


def topic_page(
    session: Session, viewer: Viewer, topic_id: str, language: str | None, after: str | None, limit: int
) -> TopicPage:
    """One topic, and its posts as `posts` returns them. Those of a deleted one are for its moderators alone."""
    row, shown = _whole_topic(session, viewer, topic_id, language)
    if row.deletion_id is not None and not rules.moderates(viewer, part_of(row)):
        return TopicPage(topic=shown, posts=Page[PostView](items=[]))
    return TopicPage(topic=shown, posts=_posts_of(session, viewer, row, after, limit))


def topics_by_id(session: Session, viewer: Viewer, ids: list[str], language: str | None) -> list[TopicView]:
    """Several topics by their ids."""
    wanted = list(checked_ids(ids, AT_ONCE))
    whole = _whole_topics(session, viewer, language, statements.TOPICS_BY_ID, topic_ids=wanted)
    found = {row.id: shown for row, shown in whole}
    return [found[each] for each in ids if each in found]


def topic_of_article(session: Session, viewer: Viewer, article_id: str) -> TopicView | None:
    """The topic of a published article; None before it exists, and if the viewer may not see it."""
    found = _whole_topics(session, viewer, None, statements.TOPIC_OF_ARTICLE, article_id=article_id)
    return next((shown for row, shown in found if row.deletion_id is None), None)


def _whole_topic(
    session: Session, viewer: Viewer, topic_id: str, language: str | None
) -> tuple[AnyRow, TopicView]:
    found = _whole_topics(session, viewer, language, statements.TOPIC, topic_id=topic_id)
    if not found:
        raise NotFound()
    return found[0]


def _whole_topics(
    session: Session, viewer: Viewer, language: str | None, wanted: AnySelect, **which: str | list[str]
) -> list[tuple[AnyRow, TopicView]]:
    """The topics that a statement finds: their rows and views."""
    rows = session.execute(wanted, {**statements.rights(viewer), **which}).all()
    if not rows:
        return []
    versions: dict[str, list[AnyRow]] = {row.id: [] for row in rows}
    for version in session.execute(statements.VERSIONS, {"topic_ids": list(versions)}).all():
        versions[version.topic_id].append(version)
    ended = _deletions_of(session, rows)
    return [
        (row, views.topic(row, versions[row.id], ended.get(row.deletion_id), viewer, language))
        for row in rows
    ]


def _deletions_of(session: Session, rows: Sequence[AnyRow]) -> dict[str, AnyRow]:
    """The deletions of those topics or posts that are deleted, by the deletions' ids. Few are deleted, so they take a
    statement of their own."""
    ids = [row.deletion_id for row in rows if row.deletion_id is not None]
    if not ids:
        return {}
    return {each.id: each for each in session.execute(statements.DELETIONS, {"deletion_ids": ids}).all()}


def posts(session: Session, viewer: Viewer, topic_id: str, after: str | None, limit: int) -> Page[PostView]:
    """A topic's posts in their order. The cursor is the last post's number, so a link can name a place by itself."""
    named = {**statements.rights(viewer), "topic_id": topic_id}
    row = session.execute(statements.TOPIC_OF_POSTS, named).first()
    if row is None:
        raise NotFound()
    return _posts_of(session, viewer, row, after, limit)


def _posts_of(session: Session, viewer: Viewer, row: AnyRow, after: str | None, limit: int) -> Page[PostView]:
    """Posts of a topic, whose posts the viewer may read."""
    number = 0
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 9):
            raise invalid("after", "cursor-shape")
        number = int(after)
    wanted = {"topic_id": row.id, "number": number, "most": limit + 1}
    rows = session.execute(statements.POSTS, wanted).all()
    more, rows = len(rows) > limit, rows[:limit]
    ended = _deletions_of(session, rows)
    return Page[PostView](
        items=[views.post(each, row, viewer, ended.get(each.deletion_id)) for each in rows],
        next=str(rows[-1].number) if more else None,
        total=row.last_number,
    )


def recent_posts(
    session: Session, viewer: Viewer, author_id: str | None, after: str | None, limit: int
) -> Page[PostView]:
    """The newest posts of all topics, or of one person, that the viewer may see."""
    named: dict[str, Any] = {"audiences": audiences(viewer), "most": limit + 1}
    if author_id is not None:
        named["author_id"] = author_id
    last = position(after)
    if last is not None:
        named |= {"last_at": last[0], "last_id": last[1]}
    rows = session.execute(statements.recent_posts(author_id is not None, last is not None), named).all()
    more, rows = len(rows) > limit, rows[:limit]
    return Page[PostView](
        items=[views.post(row, topic_of(row), viewer) for row in rows],
        next=paging.cursor(rows[-1].created_at, rows[-1].id) if more else None,
    )


def post(session: Session, viewer: Viewer, post_id: str) -> PostView:
    """One post by its id."""
    row = _post(session, viewer, post_id)
    ended = _deletions_of(session, [row])
    return views.post(row, topic_of(row), viewer, ended.get(row.deletion_id))


def post_place(session: Session, viewer: Viewer, post_id: str) -> PostPlace:
    """The position of a post: its topic and number."""
    row = _post(session, viewer, post_id)
    topic = topic_of(row)
    return PostPlace(
        topic_id=topic.id,
        topic_slug=topic.slug,
        post_id=row.id,
        number=row.number,
        article_id=topic.article_id,
    )


def post_history(session: Session, viewer: Viewer, post_id: str) -> list[PostRevision]:
    """A post's earlier texts, oldest first. Those of a deleted post, with the last one, are for its moderators; for
    others it has no history."""
    post, moderates = _with_history(session, viewer, post_id)
    earlier = session.execute(statements.ALL_EARLIER_TEXTS, {"post_id": post_id}).all()
    return [views.revision(each, post, viewer, moderates) for each in earlier]


def post_revisions(
    session: Session, viewer: Viewer, post_id: str, newest_first: bool, after: str | None, limit: int
) -> Page[PostRevision]:
    """One page of what `post_history` returns."""
    post, moderates = _with_history(session, viewer, post_id)
    named: dict[str, Any] = {"post_id": post_id, "most": limit + 1}
    if after is not None:
        named["last"] = revision_of(after)
    rows = session.execute(statements.earlier_texts(newest_first, after is not None), named).all()
    more, rows = len(rows) > limit, rows[:limit]
    return Page[PostRevision](
        items=[views.revision(each, post, viewer, moderates) for each in rows],
        next=paging.cursor(rows[-1].at, str(rows[-1].revision)) if more else None,
    )


def _with_history(session: Session, viewer: Viewer, post_id: str) -> tuple[AnyRow, bool]:
    """A post whose history the viewer may read, and whether they moderate it."""
    row = _post(session, viewer, post_id)
    moderates = rules.moderates(viewer, part_of(topic_of(row)))
    if row.deleted_at is not None and not moderates:
        raise NotFound()
    return row, moderates


def visible_post_ids(session: Session, viewer: Viewer, post_ids: list[str]) -> list[str]:
    """Those of `post_ids`, in their order, that are posts which the viewer may see."""
    if not post_ids:
        return []
    wanted = select(Post.id).join(Post.topic).where(Post.id.in_(post_ids), visible_post(viewer))
    found = set(session.scalars(wanted))
    return [post_id for post_id in post_ids if post_id in found]


def view(session: Session, viewer: Viewer, row: Topic, language: str | None) -> TopicView:
    """The view of a topic that a command has changed."""
    session.flush()
    return topic(session, viewer, row.id, language)


def answered(session: Session, row: Topic) -> bool:
    """Whether somebody but its author has written in a topic that a command has loaded."""
    post = (
        select(Post.id)
        .where(Post.topic_id == row.id, Post.deleted_at.is_(None), Post.author_id != row.author_id)
        .limit(1)
    )
    return session.scalar(post) is not None


def deletions(
    session: Session, viewer: Viewer, kind: str, after: str | None, limit: int
) -> Page[DeletionLine]:
    """The log of deletions of what the viewer moderates, of one kind (`topic` or `post`), newest first."""
    log.check_reads_log(viewer, powers.moderated(viewer, "talk"), "not-moderator")
    mine = select(Topic.id).where(seen(viewer), moderated(viewer)).correlate(Deletion)
    if kind == "post":
        mine = mine.join(Post, Post.topic_id == Topic.id).where(Post.id == Deletion.item_id)
    else:
        mine = mine.where(Topic.id == Deletion.item_id)
    wanted: AnySelect = select(*Deletion.__table__.c).where(Deletion.kind == kind, mine.exists())
    page = paging.newest_first(wanted, Deletion.at, Deletion.id, position(after), limit)
    rows = session.execute(page).all()
    return log.page_of(rows, limit, lambda row: views.deletion_line(row, viewer))


def _post(session: Session, viewer: Viewer, post_id: str) -> AnyRow:
    named = {**statements.rights(viewer), "post_id": post_id}
    row = session.execute(statements.POST, named).first()
    if row is None:
        raise NotFound()
    return row
