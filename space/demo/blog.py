"""Writes the demo's articles with their pictures, and the comments on them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import count

from contracts.blog import ChangeArticle, CreateArticle, DescribePicture, SetArticleVersion
from contracts.forum import CreatePost
from contracts.proposals import ProposeChange
from core.audience import Viewer
from services.blog import actions as blog
from services.blog import picture_decoder
from services.blog import queries as blog_queries
from services.forum import actions as forum
from services.forum import queries as forum_queries
from space.demo import model
from space.demo.context import DemoContext, Writer, progress, writing

PICTURES = model.FOLDER / "pictures"


def write_articles(context: DemoContext) -> None:
    with writing(context.system.databases["blog"]) as write:
        # Oldest first, as they would have been written.
        for article in progress(sorted(model.articles(), key=lambda one: -_age(one)), "articles"):
            _write_article(context, write, article)


def _write_article(context: DemoContext, write: Writer, article: model.DemoArticle) -> None:
    author = context.users.viewer(article.author)
    started = context.ago(_age(article) + 3)
    done = context.ago(_age(article))
    original = article.versions[article.language]
    picture_id = _write_picture(context, write, started, author, article.picture) if article.picture else None
    made = write(
        started,
        blog.create_article,
        author,
        CreateArticle(
            language=article.language,
            title=original.title,
            summary=original.summary,
            body=_linked(context, original.body),
            category=article.category,
            tags=article.tags,
            picture_id=picture_id,
            audience=context.users.audience(article.group),
        ),
    )
    context.article_ids[article.slug] = made.id
    for name in article.contributors:
        _help(context, write, started + timedelta(days=1), name, made.id)
    if article.state != "draft":
        write(started + timedelta(days=2), blog.submit, author, made.id)
    editor = context.users.viewer(_publisher(article))
    if article.state != "published":
        # What is changed after it was scheduled would not be published.
        _translate(context, write, started + timedelta(days=2), article, made.id, editor)
    if article.state == "published":
        write(done, blog.publish, editor, made.id)
        _translate(context, write, done, article, made.id, editor)
    elif article.state == "returned":
        write(done, blog.send_back, editor, made.id, article.remark.strip())
    elif article.state == "declined":
        write(done, blog.decline, editor, made.id, article.reason.strip())
    elif article.state == "scheduled":
        due = context.now + timedelta(days=article.scheduled_in_days or 3)
        write(done, blog.schedule, editor, made.id, due)


def _translate(
    context: DemoContext,
    write: Writer,
    after: datetime,
    article: model.DemoArticle,
    article_id: str,
    editor: Viewer,
) -> None:
    """Write the translations, some hours after a moment. Those of a published article are proposed and accepted."""
    hours = count(4)
    for language, text in article.versions.items():
        if language == article.language:
            continue
        moment = min(after + timedelta(hours=next(hours)), context.now)
        translator = context.users.viewer(text.translator or article.author)
        version = SetArticleVersion(
            language=language,
            title=text.title,
            summary=text.summary,
            body=_linked(context, text.body),
            based_on=None,
        )
        if write(moment, blog_queries.article, translator, article_id, None).may_edit:
            write(moment, blog.set_version, translator, article_id, version)
        else:
            change = ProposeChange(**version.model_dump())
            proposed = write(moment, blog.propose_change, translator, article_id, change)
            write(moment, blog.accept_proposal, editor, proposed.id)
        reviewer = _reviewer(context, translator, article.reviewer)
        write(moment, blog.review_version, reviewer, article_id, language)


def _publisher(article: model.DemoArticle) -> str:
    """The name of the person who publishes an article: a moderator of its group, or the reviewer if it has none."""
    group = next((group for group in model.groups() if group.slug == article.group), None)
    return article.reviewer if group is None else next(n for n in group.moderators if n != article.author)


def _reviewer(context: DemoContext, translator: Viewer, reviewer: str) -> Viewer:
    """The article's reviewer, or another editor if the reviewer is the translator."""
    names = (reviewer, "editor", "admin")
    return context.users.viewer(next(name for name in names if name != translator.name))


def _help(context: DemoContext, write: Writer, moment: datetime, name: str, article_id: str) -> None:
    """Let `name` save the draft, which makes them a contributor."""
    helper = context.users.viewer(name)
    current = write(moment, blog_queries.article, helper, article_id, None)
    write(
        moment,
        blog.change_article,
        helper,
        article_id,
        ChangeArticle(revision=current.revision, body=current.body.rstrip() + "\n"),
    )


def _write_picture(
    context: DemoContext, write: Writer, moment: datetime, viewer: Viewer, demo: model.DemoPicture
) -> str:
    description = DescribePicture(alt=demo.alt, author=demo.author, licence=demo.licence, source=demo.source)
    # Our own files need no process of their own.
    prepared = picture_decoder.decode((PICTURES / demo.file).read_bytes())
    return write(moment, blog.upload_picture, viewer, description, prepared).id


def _linked(context: DemoContext, body: str) -> str:
    """The text with its links to other articles of the demo replaced by links to their ids here."""
    return re.sub(r"\(/news/([\w-]+)\)", lambda found: f"(/news/{context.article_ids[found[1]]})", body)


def _age(article: model.DemoArticle) -> float:
    """Days since the last step of the article."""
    return article.published_days_ago if article.published_days_ago is not None else article.days_ago or 0


def write_comments(context: DemoContext) -> None:
    """Write the comments. The articles' topics must have been created by then (`LocalSystem.drain`)."""
    articles = {article.slug: article for article in model.articles()}
    with writing(context.system.databases["forum"]) as write:
        for item in model.comments():
            published = context.ago(_age(articles[item.article]))
            for comment in item.comments:
                viewer = context.users.viewer(comment.author)
                moment = min(published + timedelta(hours=comment.hours_after), context.now)
                topic = write(
                    moment, forum_queries.topic_of_article, viewer, context.article_ids[item.article]
                )
                if topic is not None:
                    reply = CreatePost(body=comment.text, language=comment.language)
                    write(moment, forum.create_post, viewer, topic.id, reply)
