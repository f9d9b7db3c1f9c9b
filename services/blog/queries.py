"""Reads of the blog: from tables to views, and never more than the viewer may see."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from contracts.blog import (
    ArticleLine,
    ArticleQuery,
    ArticleView,
    CategoryView,
    PictureBytes,
    Revision,
)
from contracts.common import MonthCount, Page
from contracts.deletion import DeletionLine
from contracts.errors import NotFound, SignInNeeded
from contracts.pictures import PictureView
from core import languages, paging
from core.audience import Viewer, audiences, group_of
from core.columns import AnyRow, AnySelect, month_of, one_of, texts_of
from core.power_rows import in_power
from services.blog import rules, statements, views
from services.blog.tables import (
    Article,
    ArticleRevision,
    ArticleVersion,
    Deletion,
    Picture,
    PictureSize,
    PictureUse,
    Proposal,
)
from services.shared import deletion as log
from services.shared.cursors import parse_cursor, position
from services.shared.ids import AT_ONCE, checked_ids
from services.shared.powers import Part, check_not_archived
from services.shared.views import view_of


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `Article` is there for the viewer: of what they may see, and not deleted."""
    return and_(_seen(viewer), Article.deletion_id.is_(None))


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """The same, and deleted ones for their authors, the board and moderators."""
    mine = statements.moderated(viewer)
    return and_(_seen(viewer), statements.undeleted(viewer.person_id or "", **mine))


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    kind, decided = statements.kind_of(viewer), statements.decided(viewer)
    return statements.seen(kind, texts_of(audiences(viewer)), viewer.person_id or "", **decided)


def categories(session: Session, viewer: Viewer) -> list[CategoryView]:
    """The categories in their order, each in the viewer's language."""
    found = []
    by_slug: dict[str, dict[str, AnyRow]] = {}
    for row in session.execute(statements.CATEGORIES).all():
        by_slug.setdefault(row.slug, {})[row.language] = row
    for texts in by_slug.values():
        original = next(iter(texts.values())).original_language
        text = texts[languages.choose(texts, viewer.languages, original)]
        found.append(view_of(CategoryView, text))
    return found


def on_board(session: Session, viewer: Viewer) -> bool:
    """Whether the viewer is on the board that decides over articles for everyone, or over a part of them."""
    return rules.sits_on_board(viewer)


def article_months(session: Session, viewer: Viewer) -> list[MonthCount]:
    """The months in which articles were published, the latest first, with their number."""
    month = month_of(Article.published_at).label("month")
    counted = (
        select(month, func.count())
        .where(visible(viewer), Article.status == "published")
        .group_by(month)
        .order_by(month.desc())
    )
    return [MonthCount(month=row[0], items=row[1]) for row in session.execute(counted)]


def articles(session: Session, viewer: Viewer, query: ArticleQuery) -> Page[ArticleLine]:
    """One page of articles, newest first: published ones by publication, others by creation."""
    rows = statements.article_list(session, viewer, query, position(query.after))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    last = (rows[-1].published_at if query.status == "published" else rows[-1].created_at) if rows else None
    following = paging.cursor(last, rows[-1].id) if more and last is not None else None
    return Page[ArticleLine](items=_lines(session, viewer, rows), next=following)


def _lines(session: Session, viewer: Viewer, rows: Sequence[AnyRow]) -> list[ArticleLine]:
    texts = statements.texts(session, [row.id for row in rows])
    pictures = statements.pictures_by_id(session, (row.picture_id for row in rows))
    lines = []
    for row in rows:
        text = texts[row.id][languages.choose(texts[row.id], viewer.languages, row.original_language)]
        picture = pictures.get(row.picture_id or "")
        lines.append(
            view_of(
                ArticleLine,
                row,
                language=text.language,
                title=text.title,
                summary=text.summary or text.excerpt,
                languages=languages.original_first(texts[row.id], row.original_language),
                picture=views.picture(picture) if picture else None,
            )
        )
    return lines


def article(session: Session, viewer: Viewer, id_or_slug: str, language: str | None) -> ArticleView:
    """One article by its id, its slug, or a slug that it had before."""
    key = unicodedata.normalize("NFC", id_or_slug)
    rows = statements.whole_articles(session, viewer, "key", key=key)
    if not rows:
        raise NotFound()
    row, parts = rows[0]
    return views.article(row, parts, viewer, language)


def articles_by_id(
    session: Session, viewer: Viewer, ids: list[str], language: str | None
) -> list[ArticleView]:
    """Several articles by their ids."""
    found = statements.whole_articles(session, viewer, "ids", ids=list(checked_ids(ids, AT_ONCE)))
    shown = {row.id: views.article(row, parts, viewer, language) for row, parts in found}
    return [shown[each] for each in ids if each in shown]


def history(
    session: Session, viewer: Viewer, article_id: str, after: str | None, limit: int
) -> Page[Revision]:
    """Every saved text of an article, newest first. For members: what was said before it was published is theirs."""
    wanted_part = select(Article.audience, Article.original_language, Article.category)
    part = session.execute(wanted_part.where(Article.id == article_id, readable(viewer))).first()
    if part is None:
        raise NotFound()
    if not viewer.signed_in:
        raise SignInNeeded()
    wanted: AnySelect = select(*ArticleRevision.__table__.c).where(ArticleRevision.article_id == article_id)
    if after is not None:
        wanted = wanted.where(ArticleRevision.id < parse_cursor(after)[1])
    rows = session.execute(wanted.order_by(ArticleRevision.id.desc()).limit(limit + 1)).all()
    more, rows = len(rows) > limit, rows[:limit]
    moderates = rules.may_moderate(viewer, Part(*part))
    versions = select(ArticleVersion.language, ArticleVersion.revision)
    current = dict(session.execute(versions.where(ArticleVersion.article_id == article_id)).all())
    return Page[Revision](
        items=[views.revision(row, viewer, moderates, current.get(row.language)) for row in rows],
        next=paging.cursor(rows[-1].at, rows[-1].id) if more else None,
    )


def of_board(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `Article` is one that the viewer decides on."""
    decided = statements.decided(viewer)
    return in_power(Article, decided["decided"], decided["decided_languages"], decided["decided_categories"])


def picture(session: Session, viewer: Viewer, picture_id: str) -> PictureView:
    """A picture's particulars, for whom may see it."""
    return views.picture(_picture(session, viewer, picture_id))


def picture_bytes(session: Session, viewer: Viewer, picture_id: str, width: int) -> PictureBytes:
    """The widest size that is at most `width` pixels wide; the narrowest one where all are wider."""
    row = _picture(session, viewer, picture_id)
    sizes = select(PictureSize.content).where(PictureSize.picture_id == row.id)
    fitting = sizes.where(PictureSize.width <= width).order_by(PictureSize.width.desc()).limit(1)
    content = session.scalar(fitting) or session.scalar(sizes.order_by(PictureSize.width).limit(1))
    if content is None:
        raise NotFound()
    return PictureBytes(media_type=row.media_type, base64=base64.b64encode(content).decode("ascii"))


def may_see_pictures(session: Session, viewer: Viewer, picture_ids: set[str]) -> set[str]:
    """Those of `picture_ids` that the viewer uploaded, or that an article which they may see shows."""
    if not picture_ids:
        return set()
    return set(session.scalars(select(Picture.id).where(Picture.id.in_(picture_ids), _shown(viewer))))


def _shown(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer uploaded a row of `Picture`, or an article which they may see shows it, or is to show it by a
    proposal that they may decide on."""
    used = in_article(PictureUse.article_id == Article.id, readable(viewer))
    seen = [Picture.uploaded_by == (viewer.person_id or ""), used]
    if any(statements.decided(viewer).values()):
        # In a text anybody can name any picture, so only its uploader shows it to the board that way.
        by_right = or_(Proposal.picture_id == Picture.id, Proposal.author_id == Picture.uploaded_by)
        on_board = (Proposal.article_id == Article.id, of_board(viewer), visible(viewer))
        seen.append(in_open_proposal(by_right, *on_board))
    return or_(*seen)


def in_article(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an article, with these conditions, shows a row of `Picture`."""
    return exists().where(PictureUse.picture_id == Picture.id, *conditions)


def in_open_proposal(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a proposal that waits for the board, with these conditions, names a row of `Picture`, for the article's
    head or in its text."""
    named = cast(Proposal.changes, Text).contains(Picture.id)
    return exists().where(Proposal.status == "open", named, *conditions)


def deletions(session: Session, viewer: Viewer, after: str | None, limit: int) -> Page[DeletionLine]:
    """The log of deletions of what the viewer may delete as editor or moderator, newest first."""
    mine = statements.moderated(viewer)
    log.check_reads_log(viewer, mine, "not-deleter")
    of_moderator = in_power(
        Article, mine["moderated"], mine["moderated_languages"], mine["moderated_categories"]
    )
    seen = one_of(Article.audience, texts_of(audiences(viewer)))
    there = select(Article.id).where(Article.id == Deletion.item_id, seen, of_moderator).exists()
    wanted: AnySelect = select(*Deletion.__table__.c).where(there)
    page = paging.newest_first(wanted, Deletion.at, Deletion.id, position(after), limit)
    rows = session.execute(page).all()
    return log.page_of(rows, limit, lambda row: views.deletion_line(row, viewer))


def check_audience(viewer: Viewer, audience: str) -> None:
    """`NotFound` for a group that the viewer is not in, as for one that never was; `Forbidden` in an archived one."""
    if (group := group_of(audience)) is not None and group not in viewer.groups:
        raise NotFound()
    check_not_archived(viewer, audience)


def described(session: Session, picture_ids: set[str]) -> set[str]:
    """Those of `picture_ids` whose description is complete."""
    complete = and_(Picture.id.in_(picture_ids), Picture.licence != "")
    return set(session.scalars(select(Picture.id).where(complete))) if picture_ids else set()


def _picture(session: Session, viewer: Viewer, picture_id: str) -> AnyRow:
    wanted: AnySelect = select(*Picture.__table__.c).where(Picture.id == picture_id, _shown(viewer))
    row = session.execute(wanted).first()
    if row is None:
        raise NotFound()
    return row


def in_category(session: Session, viewer: Viewer, slug: str) -> int:
    """How many articles of a category there are for the viewer."""
    wanted = select(func.count()).select_from(Article).where(visible(viewer), Article.category == slug)
    return session.scalar(wanted) or 0
