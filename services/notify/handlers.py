"""Handlers of other services' events: they update notify's replicas and notify the people concerned."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from contracts.blog import (
    ArticleChanged,
    ArticlePublished,
)
from contracts.common import Recorded
from contracts.events import AttendanceChanged, EventChanged, EventCreated
from contracts.forum import PostChanged, PostCreated, PostDeleted, TopicChanged, TopicCreated
from contracts.people import GroupChanged, MembershipChanged, PersonChanged
from core.audience import group_audience
from core.markup import excerpt, mentions
from services.notify import builders, rules
from services.notify.actions import delivery, replicas
from services.notify.builders import BoardStep
from services.notify.rules import NotificationDraft
from services.notify.tables import Notification

# people


def person_changed(session: Session, event: PersonChanged, recorded: Recorded) -> None:
    """Keep the name and languages of a person who can be notified."""
    replicas.keep_person(session, event.person)


def group_changed(session: Session, event: GroupChanged, recorded: Recorded) -> None:
    """Notifications about a group follow its name and its address."""
    subject = f"group/{event.group.id}"
    delivery.update_titles(session, subject, builders.group_titles(event.group))
    session.execute(
        update(Notification).where(Notification.subject == subject).values(path=f"/groups/{event.group.slug}")
    )


def membership_changed(session: Session, event: MembershipChanged, recorded: Recorded) -> None:
    """Notify a group's moderators of a request, and a person of being let in or made a moderator."""
    replicas.keep_member(session, event, recorded.occurred_at)
    group = event.group
    if event.state == "none":
        delivery.publish_after_loss(session, event.person_id, group_audience(group.id))
        return
    people: set[str]
    what: Literal["requested", "granted", "moderator"]
    if event.state == "requested":
        people, what = set(replicas.moderators(session, group.id, recorded.occurred_at)), "requested"
    else:
        people, what = {event.person_id}, "granted" if event.state == "member" else "moderator"
    delivery.deliver(
        session,
        NotificationDraft(
            what=f"people.membership.{what}",
            source_id=recorded.id,
            at=recorded.occurred_at,
            actor_id=event.by_id,
            audience=group_audience(group.id),
            subject=f"group/{group.id}",
            item=f"group/{group.id}",
            titles=builders.group_titles(group),
            original_language=group.language,
            path=f"/groups/{group.slug}",
            direct=builders.direct("membership", people),
            of=(("group", group.id),),
            for_followers=False,
        ),
    )


# blog


def article_moved(session: Session, event: BoardStep, recorded: Recorded) -> None:
    """Notify author and contributors of a step of their article before the board."""
    article = event.article
    delivery.deliver(
        session,
        builders.article_draft(
            event, recorded, builders.direct("review", builders.writers(article)), followers=False
        ),
    )


def article_published(session: Session, event: ArticlePublished, recorded: Recorded) -> None:
    """Notify author, contributors, whom the text mentions, and everybody who follows what it is about."""
    article = event.article
    body = rules.original_body(article.versions, article.original_language)
    called = replicas.named(session, replicas.mention_keys(mentions(body)), recorded.occurred_at) - {
        article.author_id
    }
    direct = builders.merge(
        builders.direct("review", builders.writers(article)), builders.direct("mention", called)
    )
    delivery.deliver(session, builders.article_draft(event, recorded, direct, followers=True))


def article_changed(session: Session, event: ArticleChanged, recorded: Recorded) -> None:
    """Notifications about an article follow its titles."""
    delivery.update_titles(session, f"article/{event.article.id}", rules.titles(event.article.versions))


# forum


def topic_created(session: Session, event: TopicCreated, recorded: Recorded) -> None:
    """Keep its titles; its author follows it. Followers are notified of its first post, which comes next."""
    replicas.keep_topic(session, event.topic)
    replicas.follow_by_itself(session, event.topic.author_id, ("topic", event.topic.id), recorded.occurred_at)


def topic_changed(session: Session, event: TopicChanged, recorded: Recorded) -> None:
    """Notifications about a topic follow its titles."""
    replicas.keep_topic(session, event.topic)
    delivery.update_titles(session, f"topic/{event.topic.id}", rules.titles(event.topic.versions))


def post_created(session: Session, event: PostCreated, recorded: Recorded) -> None:
    """Notify who is answered, quoted or mentioned, and who follows; the writer follows from now on."""
    post = event.post
    first = post.number == 1
    mentioned = replicas.keep_post(session, post)
    replicas.follow_by_itself(session, post.author_id, ("topic", post.topic_id), recorded.occurred_at)
    if not rules.is_recent(recorded.occurred_at):
        return  # an import: nobody is notified, so nothing need be built
    if first and post.article_id is not None:
        return  # the discussion that opens with an article: followers were notified of the article itself
    called = replicas.named(session, mentioned, recorded.occurred_at)
    direct = builders.merge(
        builders.direct("mention", called),
        builders.direct("reply", set() if first else {post.topic_author_id}),
        builders.direct("quote", replicas.authors_of(session, post.quoted_ids)),
    )
    what = TopicCreated.type if first else event.type
    delivery.deliver(session, builders.post_draft(session, post, recorded, what, direct, followers=True))


def post_changed(session: Session, event: PostChanged, recorded: Recorded) -> None:
    """Notifications of a post follow its text; who is newly mentioned is notified."""
    post = event.post
    called = replicas.named(session, replicas.keep_post(session, post), recorded.occurred_at)
    delivery.update_excerpt(session, f"post/{post.id}", excerpt(post.body, rules.EXCERPT_LENGTH))
    if called:
        direct = builders.direct("mention", called)
        delivery.deliver(
            session, builders.post_draft(session, post, recorded, event.type, direct, followers=False)
        )


def post_deleted(session: Session, event: PostDeleted, recorded: Recorded) -> None:
    """Take back the notifications of a post that is gone."""
    replicas.keep_post(session, event.post)
    delivery.retract(session, f"post/{event.post.id}")


# events


def event_created(session: Session, event: EventCreated, recorded: Recorded) -> None:
    """Notify whom the text mentions and who follows what it is about; its author follows it."""
    replicas.keep_event(session, event.event)
    replicas.follow_by_itself(session, event.event.author_id, ("event", event.event.id), recorded.occurred_at)
    body = rules.original_body(event.event.versions, event.event.original_language)
    direct = builders.direct(
        "mention", replicas.named(session, replicas.mention_keys(mentions(body)), recorded.occurred_at)
    )
    delivery.deliver(session, builders.event_draft(event.event, recorded, event.type, event.by_id, direct))


def event_changed(session: Session, event: EventChanged, recorded: Recorded) -> None:
    """Notify those who come, and those who follow it, when it is cancelled or is at another time or place."""
    delivery.update_titles(session, f"event/{event.event.id}", rules.titles(event.event.versions))
    before = replicas.keep_event(session, event.event)
    plan = rules.plan_of(event.event)
    if before is None or before == plan or rules.is_over(event.event):
        return
    cancelled = plan["status"] == "cancelled" and before["status"] != "cancelled"
    what = "events.event.cancelled" if cancelled else event.type
    direct = builders.direct("attendance", replicas.coming_to(session, event.event, recorded.occurred_at))
    delivery.deliver(
        session, builders.event_draft(event.event, recorded, what, event.by_id, direct, changed=True)
    )


def attendance_changed(session: Session, event: AttendanceChanged, recorded: Recorded) -> None:
    """Keep who comes: they are notified when the event changes."""
    replicas.keep_attendance(session, event, recorded.occurred_at)
