"""Commands on articles and their texts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import ArticleChanged, ArticleView, ChangeArticle, CreateArticle, SetArticleVersion
from contracts.errors import Conflict, Forbidden, invalid
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.blog import queries, rules, views
from services.blog.actions import helpers, writing
from services.blog.tables import Article, ArticleVersion
from services.shared.authorisation import writer
from services.shared.limits import check_rate
from services.shared.powers import part_of
from services.shared.texts import known_language

MOST_ARTICLES, ARTICLES_PERIOD = 50, timedelta(days=1)


def create_article(session: Session, viewer: Viewer, command: CreateArticle) -> ArticleView:
    """Create a draft."""
    by_id = writer(viewer)
    queries.check_audience(viewer, command.audience)
    language, tags = known_language(command.language), helpers.checked_tags(session, command.tags)
    category = "" if command.category is None else helpers.check_category(session, command.category)
    if command.picture_id is not None:
        helpers.check_picture(session, viewer, command.picture_id)
    texts: dict[str, str | None] = {"title": command.title, "summary": command.summary, "body": command.body}
    writing.check(session, viewer, texts, tags=tags)
    _check_flood(session, viewer, by_id)
    article_id, now = new_id(), clock.now()
    article = Article(
        id=article_id,
        slug=article_id,
        status="draft",
        audience=command.audience,
        author_id=by_id,
        category=category,
        tags=[],
        original_language=language,
        picture_id=command.picture_id,
        created_at=now,
        changed_at=now,
        published_at=None,
        scheduled_for=None,
        article_revision=1,
        published_alone=False,
        contributors=[],
        steps=[],
        versions=[],
    )
    session.add(article)
    session.flush()
    helpers.claim_slug(session, article, command.title)
    helpers.set_tags(session, article, tags)
    version = helpers.new_version(article, language, None, None)
    helpers.write_text(session, version, command.title, command.summary, command.body, by_id)
    article.versions.append(version)
    session.flush()
    helpers.note_pictures(session, viewer, article)
    session.refresh(article, ["picture"])
    return publish_change(session, viewer, article, language)


def change_article(session: Session, viewer: Viewer, article_id: str, command: ChangeArticle) -> ArticleView:
    """Change one language version, and what all have in common. Saving what is stored already changes
    nothing."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    version = _version(article, command.language)
    rules.check_may_change(viewer, article.status, part_of(article), article.author_id)
    if command.category is not None:
        rules.check_category(viewer, part_of(article), article.author_id, command.category)
    if command.revision != version.revision:
        raise edit_conflict(version, command.title, command.summary, command.body)
    texts = {"title": command.title, "summary": command.summary, "body": command.body}
    writing.check(session, viewer, texts, version, command.tags or (), article.tags)
    if not apply(session, viewer, article, version, command, by_id):
        return views.article(article, views.loaded_parts(article), viewer, version.language)
    return publish_change(session, viewer, article, version.language)


def apply(
    session: Session,
    viewer: Viewer,
    article: Article,
    version: ArticleVersion,
    command: ChangeArticle,
    by_id: str,
    pictures: set[str] | None = None,
) -> bool:
    """Change the version and what all have in common, in the name of `by_id`; `viewer` is who may see the pictures,
    and `pictures` are those that may be new (None: each). Returns whether something changed; the event is the
    caller's."""
    before = writing.text_of(version) if version.revision else ""
    changed = helpers.write_text(session, version, command.title, command.summary, command.body, by_id)
    if changed and version.translator_id is not None:
        version.reviewed = False
    if command.category is not None and command.category != article.category:
        category = helpers.check_category(session, command.category, article.category)
        changed = changed or category != article.category
        article.category = category
    if command.tags is not None and (tags := helpers.checked_tags(session, command.tags)) != article.tags:
        helpers.set_tags(session, article, tags)
        changed = True
    if command.picture_id is not None and (picture_id := command.picture_id or None) != article.picture_id:
        if picture_id is not None:
            helpers.check_picture(session, viewer, picture_id)
        article.picture_id, changed = picture_id, True
    if not changed:
        return False
    if version.translator_id is not None or article.status not in rules.UNFINISHED:
        rules.check_finished(version.title, version.body, article.category)
    if article.published_at is None and version.language == article.original_language:
        helpers.claim_slug(session, article, version.title)
    helpers.add_contributor(session, article, by_id)
    article.article_revision += 1
    session.flush()
    helpers.note_pictures(session, viewer, article, pictures)
    session.refresh(article, ["picture"])
    writing.flag_change(session, viewer, article, version, before)
    return True


def set_version(session: Session, viewer: Viewer, article_id: str, command: SetArticleVersion) -> ArticleView:
    """Add a translation or update one; it then waits for a review. The person who wrote it first is credited."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    language = known_language(command.language)
    original = views.original(article)
    if language == original.language:
        raise invalid("language", "language-is-original", language=language)
    based_on = original.revision if command.based_on is None else command.based_on
    check_based_on(based_on, original)
    version = views.version_in(article, language)
    rules.check_may_change(viewer, article.status, part_of(article), article.author_id)
    writing.check(
        session, viewer, {"title": command.title, "summary": command.summary, "body": command.body}, version
    )
    before = writing.text_of(version)
    if version is None:
        version = helpers.new_version(article, language, by_id, based_on)
        helpers.write_text(session, version, command.title, command.summary, command.body, by_id)
        article.versions.append(version)
    else:
        text_changed = helpers.write_text(
            session, version, command.title, command.summary, command.body, by_id
        )
        if not text_changed and version.based_on == based_on:
            return views.article(article, views.loaded_parts(article), viewer, language)
        version.based_on, version.reviewed = based_on, False
    article.article_revision += 1
    session.flush()
    helpers.note_pictures(session, viewer, article)
    writing.flag_change(session, viewer, article, version, before)
    return publish_change(session, viewer, article, language)


def review_version(session: Session, viewer: Viewer, article_id: str, language: str) -> ArticleView:
    """Mark a translation as reviewed, which nobody may do who made or last changed it."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    version = _version(article, language)
    if version.translator_id is None:
        raise invalid("language", "language-is-original", language=version.language)
    if by_id in (version.translator_id, version.changed_by):
        raise Forbidden("own-translation")
    if version.reviewed:
        return views.article(article, views.loaded_parts(article), viewer, version.language)
    version.reviewed = True
    return publish_change(session, viewer, article, version.language)


def publish_change(session: Session, viewer: Viewer, article: Article, language: str) -> ArticleView:
    """Append the event of a change by the viewer, and return the article as they see it now."""
    article.changed_at = clock.now()
    session.flush()
    append_event(session, ArticleChanged(article=views.state(article), by_id=viewer.person_id or ""))
    return views.article(article, views.loaded_parts(article), viewer, language)


def check_based_on(based_on: int, original: ArticleVersion) -> None:
    """Raise `revision-unknown` unless the original has that revision."""
    if not 1 <= based_on <= original.revision:
        raise invalid("based_on", "revision-unknown", revision=original.revision)


def _version(article: Article, language: str | None) -> ArticleVersion:
    wanted = article.original_language if language is None else known_language(language)
    for version in article.versions:
        if version.language == wanted:
            return version
    raise invalid("language", "version-unknown", language=wanted)


def edit_conflict(
    version: ArticleVersion, title: str | None, summary: str | None, body: str | None
) -> Conflict:
    """That there is a newer text than the one which was changed to these, with both texts."""
    yours = {
        "title": version.title if title is None else title,
        "summary": version.summary if summary is None else summary,
        "body": version.body if body is None else body,
    }
    theirs = {"title": version.title, "summary": version.summary, "body": version.body}
    return Conflict("edit-conflict", data={"yours": yours, "theirs": theirs, "revision": version.revision})


def _check_flood(session: Session, viewer: Viewer, by_id: str) -> None:
    if not rules.limited(viewer):
        return
    newest = select(Article.created_at).where(Article.author_id == by_id).order_by(Article.created_at.desc())
    nth_newest = session.scalar(newest.offset(MOST_ARTICLES - 1).limit(1))
    check_rate(nth_newest, ARTICLES_PERIOD, "too-many-articles")
