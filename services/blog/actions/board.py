"""The editorial board's steps, and scheduled publication."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import (
    ArticleDeclined,
    ArticlePublished,
    ArticleReturned,
    ArticleScheduled,
    ArticleSubmitted,
    ArticleView,
    BoardStep,
)
from contracts.errors import Forbidden, invalid
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.blog import rules, views
from services.blog.actions import helpers, writing
from services.blog.tables import Article, ArticleRevision, Step
from services.shared.authorisation import writer
from services.shared.powers import part_of

_BoardEvent = ArticleSubmitted | ArticleReturned | ArticleDeclined | ArticleScheduled | ArticlePublished


def submit(session: Session, viewer: Viewer, article_id: str) -> ArticleView:
    """Hand an article to the board for review."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    helped = [each.person_id for each in article.contributors]
    if not rules.may_submit(viewer, part_of(article), article.author_id, helped):
        raise Forbidden("not-your-article")
    _take(viewer, article, "submit")
    _check_finished(article)
    return _finish(session, viewer, article, ArticleSubmitted(article=views.state(article), by_id=by_id))


def send_back(session: Session, viewer: Viewer, article_id: str, remark: str) -> ArticleView:
    """Return a submitted article to its author, with a remark that says what to improve."""
    return _refuse(session, viewer, article_id, "send_back", remark, ArticleReturned)


def decline(session: Session, viewer: Viewer, article_id: str, remark: str) -> ArticleView:
    """Decline an article, with a remark that says why. From then on only its author and the board see it."""
    return _refuse(session, viewer, article_id, "decline", remark, ArticleDeclined)


def publish(session: Session, viewer: Viewer, article_id: str, revision: int | None = None) -> ArticleView:
    """Publish a submitted article now, as it was read (`rules.check_revision`)."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    _accept(viewer, article, "publish", revision)
    _check_finished(article)
    _set_published(session, article, by_id)
    return _finish(session, viewer, article, ArticlePublished(article=views.state(article), by_id=by_id))


def schedule(
    session: Session, viewer: Viewer, article_id: str, at: datetime, revision: int | None = None
) -> ArticleView:
    """Have a submitted article published at a future time, as it was read (`rules.check_revision`)."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    _accept(viewer, article, "schedule", revision)
    if at <= clock.now():
        raise invalid("at", "time-past")
    _check_finished(article)
    article.scheduled_for = at
    return _finish(session, viewer, article, ArticleScheduled(article=views.state(article), by_id=by_id))


def publish_due(session: Session, limit: int = 20) -> int:
    """Publish up to `limit` scheduled articles whose time has come, by whoever scheduled them. What has changed since
    then goes back to the board. Returns how many articles it were.

    Processes that do this at the same time take different articles.
    """
    due = session.scalars(
        select(Article)
        .where(*_due())
        .order_by(Article.scheduled_for)
        .limit(limit)
        .options(*helpers.WHOLE)
        .with_for_update(skip_locked=True)
    ).all()
    for article in due:
        approval = next(step for step in reversed(article.steps) if step.status == "scheduled")
        if approval.revision == article.article_revision:
            _move(article, "published", approval.by_id)
            _set_published(session, article, approval.by_id)
            session.flush()
            append_event(session, ArticlePublished(article=views.state(article), by_id=approval.by_id))
        else:
            _return_to_board(session, article, approval.by_id)
    return len(due)


def is_due(session: Session) -> bool:
    """Whether a scheduled article's time has come."""
    return session.scalar(select(Article.id).where(*_due()).limit(1)) is not None


def _due() -> tuple[ColumnElement[bool], ...]:
    """Conditions: the time of a scheduled article has come. A deleted one waits until it is restored."""
    return (
        Article.status == "scheduled",
        Article.scheduled_for <= clock.now(),
        Article.deletion_id.is_(None),
    )


def _accept(viewer: Viewer, article: Article, step: BoardStep, revision: int | None) -> None:
    status = rules.check_step(viewer, step, article.status, part_of(article), article.author_id)
    rules.check_revision(revision, _reviewed(article), article.article_revision)
    _move(article, status, viewer.person_id or "")


def _take(viewer: Viewer, article: Article, step: BoardStep, remark: str = "") -> None:
    status = rules.check_step(viewer, step, article.status, part_of(article), article.author_id)
    _move(article, status, viewer.person_id or "", remark)


def _move(article: Article, status: str, by_id: str, remark: str = "", reason: str = "") -> None:
    article.status, article.changed_at, article.scheduled_for = status, clock.now(), None
    article.steps.append(
        Step(
            id=new_id(),
            article_id=article.id,
            status=status,
            by_id=by_id,
            at=clock.now(),
            remark=remark,
            revision=article.article_revision,
            reason=reason,
        )
    )


def _reviewed(article: Article) -> int | None:
    """The revision that the article's last step was taken on by a person."""
    taken = [step.revision for step in article.steps if not step.reason]
    return taken[-1] if taken else None


def _return_to_board(session: Session, article: Article, approved_by: str) -> None:
    """Back to the queue with an article that has changed since `approved_by` scheduled it."""
    changed_by = max(article.versions, key=lambda version: version.changed_at).changed_by
    _move(article, "submitted", changed_by, reason=rules.TEXT_CHANGED)
    session.flush()
    append_event(
        session,
        ArticleSubmitted(
            article=views.state(article),
            by_id=changed_by,
            reason=rules.TEXT_CHANGED,
            approved_by=approved_by,
        ),
    )


def _set_published(session: Session, article: Article, by_id: str) -> None:
    helpers.set_published(session, article)
    for version in article.versions:
        writing.flag(session, article, version)
    article.published_alone = not _was_read_by_others(session, article, by_id)


def _was_read_by_others(session: Session, article: Article, by_id: str) -> bool:
    """Whether somebody but who publishes the article took a step on this very revision, or wrote much of its text."""
    steps = [step for step in article.steps if step.revision == article.article_revision and not step.reason]
    if any(step.by_id != by_id for step in steps):
        return True
    original = views.original(article)
    by_others = session.scalars(
        select(ArticleRevision)
        .where(
            ArticleRevision.article_id == article.id,
            ArticleRevision.language == original.language,
            ArticleRevision.by_id != by_id,
        )
        .order_by(ArticleRevision.revision.desc())
        .limit(1)
    ).first()
    if by_others is None:
        return False
    return rules.share_of(helpers.full_text(by_others), helpers.full_text(original)) >= rules.OWN_SHARE


def _refuse(
    session: Session,
    viewer: Viewer,
    article_id: str,
    step: BoardStep,
    remark: str,
    event: type[ArticleReturned] | type[ArticleDeclined],
) -> ArticleView:
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    if not remark.strip():
        raise invalid("remark", "remark-missing")
    _take(viewer, article, step, remark)
    return _finish(session, viewer, article, event(article=views.state(article), by_id=by_id, remark=remark))


def _check_finished(article: Article) -> None:
    original = views.original(article)
    rules.check_finished(original.title, original.body, article.category)


def _finish(session: Session, viewer: Viewer, article: Article, event: _BoardEvent) -> ArticleView:
    session.flush()
    append_event(session, event)
    return views.article(article, views.loaded_parts(article), viewer, None)
