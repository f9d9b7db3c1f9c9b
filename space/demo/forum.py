"""Writes the demo's topics and posts."""

from __future__ import annotations

from datetime import timedelta

from contracts.forum import ChangePost, ChangeTopic, CreatePost, CreateTopic, SetTopicVersion
from services.forum import actions as forum
from services.forum import queries as forum_queries
from space.demo import model
from space.demo.context import DemoContext, Writer, progress, writing


def write_topics(context: DemoContext) -> None:
    """Write each topic once; `space.demo.copies` makes more of them."""
    with writing(context.system.databases["forum"]) as write:
        for topic in progress(sorted(model.topics(), key=lambda one: -one.days_ago), "topics"):
            _write_topic(context, write, topic)


def _write_topic(context: DemoContext, write: Writer, topic: model.DemoTopic) -> None:
    started = context.ago(topic.days_ago)
    author = context.users.viewer(topic.author)
    made = write(
        started,
        forum.create_topic,
        author,
        CreateTopic(
            language=topic.language,
            title=topic.title,
            body=topic.text,
            category=topic.category,
            tags=topic.tags,
            audience=context.users.audience(topic.group),
        ),
    )
    context.topic_ids[topic.key] = made.id
    for language, text in topic.versions.items():
        version = SetTopicVersion(language=language, title=text.title, body=text.text or text.body)
        translator = context.users.viewer(text.translator or topic.author)
        write(started + timedelta(minutes=30), forum.set_topic_version, translator, made.id, version)
    if topic.pinned:
        write(
            started + timedelta(minutes=31),
            forum.change_topic,
            context.users.viewer("moderator"),
            made.id,
            ChangeTopic(revision=made.revision, pinned=True),
        )
    first = write(started, forum_queries.posts, author, made.id, None, 1).items[0]
    written = [(topic.author, first.id)]
    for post in topic.posts:
        moment = started + timedelta(hours=post.hours_after)
        body = post.text
        opening = ""
        if post.quotes is not None:
            quoted_author, quoted_id = written[post.quotes]
            lines = "\n".join(f"> {line}" for line in post.quote_text.strip().splitlines())
            opening = f"> [@{quoted_author}](/talk/p/{quoted_id}):\n>\n{lines}\n\n"
        writer = context.users.viewer(post.author)
        reply = CreatePost(body=opening + body, language=post.language)
        view = write(moment, forum.create_post, writer, made.id, reply)
        written.append((post.author, view.id))
        if post.edited_text is not None:
            change = ChangePost(revision=view.revision, body=opening + post.edited_text)
            write(moment + timedelta(minutes=7), forum.change_post, writer, view.id, change)
