"""Handlers of other services' events. They update notify's replicas and notify the people concerned.

Each runs in the transaction that also moves the subscription's offset, and may see the same event again in a rebuild.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from contracts.blocks import BlockChanged
from contracts.blog import (
    ArticleChanged,
    ArticleDeleted,
    ArticlePublished,
    ArticleRestored,
    ArticleSubmitted,
    ProposalAccepted,
    ProposalDeclined,
    ProposalMade,
)
from contracts.common import Recorded
from contracts.contact import ContactWaits
from contracts.events import (
    AttendanceChanged,
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
)
from contracts.forum import (
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.moderation import AppealAnswered, CaseOpened, DecisionMade
from contracts.people import (
    GroupChanged,
    InvitationChanged,
    LanguagesChanged,
    MembershipChanged,
    PersonChanged,
    PersonVanished,
)
from contracts.search import ItemMatched
from core.audience import group_audience, group_of
from services.notify import builders, rules
from services.notify.actions import delivery, refusals, replicas, vanishing
from services.notify.builders import BoardStep
from services.notify.rules import NewFollow, NotificationDraft
from services.notify.tables import Notification

# people


def person_changed(session: Session, event: PersonChanged, recorded: Recorded) -> None:
    """Store the name and languages of a person who can be notified."""
    replicas.save_person(session, event.person, recorded.occurred_at)


def languages_changed(session: Session, event: LanguagesChanged, recorded: Recorded) -> None:
    """Store the languages of a person who does not show them to everybody."""
    replicas.save_languages(session, event)


def person_vanished(session: Session, event: PersonVanished, recorded: Recorded) -> None:
    """Delete everything that is stored of a person who has vanished; from now on nothing is."""
    vanishing.forget(session, event)


def block_changed(session: Session, event: BlockChanged, recorded: Recorded) -> None:
    """Store whose acts a person is not notified of. Whom they block no longer follows them."""
    refusals.save(session, event)


def group_changed(session: Session, event: GroupChanged, recorded: Recorded) -> None:
    """Update the titles and paths of notifications about a group whose name or address changed, and whether its words
    may be in mails."""
    replicas.save_group(session, event.group)
    subject = f"group/{event.group.id}"
    delivery.update_titles(session, subject, builders.group_titles(event.group))
    session.execute(
        update(Notification).where(Notification.subject == subject).values(path=f"/groups/{event.group.slug}")
    )


def membership_changed(session: Session, event: MembershipChanged, recorded: Recorded) -> None:
    """Notify a group's moderators of a request to join, and a person of having become a member or moderator."""
    replicas.save_member(session, event, recorded.occurred_at)
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
            targets=(("group", group.id),),
            for_followers=False,
            replaces=rules.MEMBERSHIPS,
        ),
    )


def invitation_changed(session: Session, event: InvitationChanged, recorded: Recorded) -> None:
    """Tell somebody that they are invited to a group, until the invitation is over."""
    item = f"invitation/{event.invitation_id}"
    if not event.is_open:
        delivery.retract(session, item)
        return
    delivery.deliver(session, builders.invitation_draft(event, recorded, item))


def case_opened(session: Session, event: CaseOpened, recorded: Recorded) -> None:
    """Tell the moderators who may handle it that a report or an appeal waits; never who reported."""
    delivery.deliver(session, builders.case_draft(event, recorded))


def contact_waits(session: Session, event: ContactWaits, recorded: Recorded) -> None:
    """Tell moderators that a message waits, and nothing of what it says."""
    delivery.deliver(session, builders.contact_draft(event, recorded))


def decision_made(session: Session, event: DecisionMade | AppealAnswered, recorded: Recorded) -> None:
    """Tell a person what moderators decided, first or on their appeal; never who it was."""
    if event.person_id is not None:
        delivery.deliver(session, builders.decision_draft(event, recorded, event.person_id))


# blog


def article_reviewed(session: Session, event: BoardStep, recorded: Recorded) -> None:
    """Notify author and contributors of a step of their article's review; and who had scheduled an article that went
    back to the board."""
    people, what = builders.author_ids(event.article), None
    if isinstance(event, ArticleSubmitted) and event.approved_by is not None:
        people, what = people | {event.approved_by}, builders.RESUBMITTED
    direct = builders.direct("review", people)
    delivery.deliver(session, builders.article_draft(event, recorded, direct, followers=False, what=what))


def article_published(session: Session, event: ArticlePublished, recorded: Recorded) -> None:
    """Notify the author, the contributors, the people mentioned in the text, and the followers."""
    article = event.article
    body = rules.original_body(article.versions, article.original_language)
    mentioned_ids = replicas.people_mentioned(
        session, article.author_id, replicas.mentions_of(body), recorded.occurred_at
    )
    direct = builders.merge(
        builders.direct("review", builders.author_ids(article)),
        builders.direct("mention", mentioned_ids - {article.author_id}),
    )
    delivery.deliver(session, builders.article_draft(event, recorded, direct, followers=True))


def article_changed(session: Session, event: ArticleChanged, recorded: Recorded) -> None:
    """Update the titles and addresses of notifications about an article, and the excerpts of those that show its
    text."""
    article = event.article
    of_article, path = Notification.item == f"article/{article.id}", f"/news/{article.slug}"
    session.execute(update(Notification).where(of_article, Notification.path != path).values(path=path))
    delivery.update_titles(session, f"article/{article.id}", rules.titles(article.versions))
    delivery.update_excerpt(
        session, f"article/{article.id}", builders.article_excerpt(article), but=rules.WITH_REMARK
    )


def article_deleted(session: Session, event: ArticleDeleted, recorded: Recorded) -> None:
    """Hide the notifications about a deleted article, and notify its author if somebody else deleted it."""
    article = event.article
    delivery.hide(session, f"article/{article.id}", True)
    if event.by_id != article.author_id:
        draft = builders.deletion_draft(
            recorded, article, event.titles, f"/news/{article.id}", article.original_language
        )
        delivery.deliver(session, draft)


def article_restored(session: Session, event: ArticleRestored, _recorded: Recorded) -> None:
    """Show the notifications about a restored article again."""
    delivery.retract(session, builders.deleted_item("article", event.article.id))
    delivery.hide(session, f"article/{event.article.id}", False)


def proposal_made(session: Session, event: ProposalMade, recorded: Recorded) -> None:
    """Notify the moderators of a group, who are its board. The editors have their queue."""
    if group_id := group_of(event.proposal.audience):
        people = set(replicas.moderators(session, group_id, recorded.occurred_at))
        delivery.deliver(session, builders.proposal_draft(event, recorded, people))


def proposal_decided(
    session: Session, event: ProposalAccepted | ProposalDeclined, recorded: Recorded
) -> None:
    """Notify who proposed the change."""
    delivery.deliver(session, builders.proposal_draft(event, recorded, {event.proposal.author_id}))


# forum


def topic_created(session: Session, event: TopicCreated, recorded: Recorded) -> None:
    """Store the topic's titles and let its author follow it.

    Nobody is notified here: the `PostCreated` of the first post follows, and its handler notifies.
    """
    replicas.save_topic(session, event.topic)
    follow: NewFollow = (event.topic.author_id, ("topic", event.topic.id), recorded.occurred_at)
    delivery.publish_follows(session, replicas.auto_follow(session, [follow]))


def topic_changed(session: Session, event: TopicChanged, recorded: Recorded) -> None:
    """Update the titles of notifications about a topic."""
    replicas.save_topic(session, event.topic)
    delivery.update_titles(session, f"topic/{event.topic.id}", rules.titles(event.topic.versions))


def topic_deleted(session: Session, event: TopicDeleted, recorded: Recorded) -> None:
    """Hide the notifications about a deleted topic and its posts, and notify its author if somebody else deleted it by
    itself."""
    topic = event.topic
    delivery.hide(session, f"topic/{topic.id}", True)
    by_moderator = event.by_id != topic.author_id and event.reason not in ("article", "no-posts")
    if by_moderator and topic.article_id is None:
        titles = replicas.titles_of(session, topic.id)
        draft = builders.deletion_draft(
            recorded, topic, titles, f"/talk/t/{topic.id}", topic.original_language
        )
        delivery.deliver(session, draft)


def topic_restored(session: Session, event: TopicRestored, _recorded: Recorded) -> None:
    """Show the notifications about a restored topic again, with its title of now; those of its posts follow."""
    delivery.retract(session, builders.deleted_item("topic", event.topic.id))
    replicas.save_topic(session, event.topic)
    delivery.update_titles(session, f"topic/{event.topic.id}", rules.titles(event.topic.versions))
    delivery.hide_item(session, f"topic/{event.topic.id}", False)


def posts_created(session: Session, pairs: Sequence[tuple[PostCreated, Recorded]]) -> None:
    """Notify people replied to, quoted or mentioned, and the followers. The authors follow the topics from now on.

    What is written in quick succession takes as many statements as one post. A follow counts for later posts, also of
    the same batch.
    """
    posts = [event.post for event, _ in pairs]
    mentioned = replicas.save_posts(session, posts)
    following = replicas.auto_follow(
        session,
        [
            (event.post.author_id, ("topic", event.post.topic_id), recorded.occurred_at)
            for event, recorded in pairs
        ],
    )
    # Of an import of old content nobody is notified; and of the topic that opens with an article its followers are
    # notified by the article itself.
    told = [
        (event, recorded)
        for event, recorded in pairs
        if rules.is_recent(recorded.occurred_at) and not (event.post.number == 1 and event.post.article_id)
    ]
    if told:
        delivery.deliver_all(session, _drafts(session, told, mentioned))
    delivery.publish_follows(session, following)


def _drafts(
    session: Session, told: Sequence[tuple[PostCreated, Recorded]], mentioned: Mapping[str, list[list[str]]]
) -> list[NotificationDraft]:
    """The drafts of new posts, with the mentions of each by its id."""
    posts = [event.post for event, _ in told]
    topics = replicas.titles_of_topics(session, posts)
    authors = replicas.authors_of(session, {quoted for post in posts for quoted in post.quoted_ids})
    drafts = []
    for event, recorded in told:
        post = event.post
        first = post.number == 1
        mentioned_ids = replicas.people_mentioned(
            session, post.author_id, mentioned[post.id], recorded.occurred_at
        )
        direct = builders.merge(
            builders.direct("mention", mentioned_ids),
            builders.direct("reply", set() if first else {post.topic_author_id}),
            builders.direct("quote", {authors[quoted] for quoted in post.quoted_ids if quoted in authors}),
        )
        what = TopicCreated.type if first else PostCreated.type
        topic = topics[post.topic_id]
        drafts.append(builders.post_draft(topic, event, recorded, what, direct, followers=True))
    return drafts


def post_changed(session: Session, event: PostChanged, recorded: Recorded) -> None:
    """Update the excerpt of notifications of a post, and notify people whom it mentions now for the first time."""
    post = event.post
    mentioned = replicas.save_post(session, post)
    mentioned_ids = replicas.people_mentioned(session, event.by_id, mentioned, recorded.occurred_at)
    delivery.update_excerpt(session, f"post/{post.id}", builders.post_excerpt(event))
    if mentioned_ids:
        direct = builders.direct("mention", mentioned_ids)
        topic = replicas.titles_of_topic(session, post)
        draft = builders.post_draft(topic, event, recorded, event.type, direct, followers=False)
        delivery.deliver(session, replace(draft, once_for="mention"))


def post_deleted(session: Session, event: PostDeleted, recorded: Recorded) -> None:
    """Hide the notifications of a deleted post, and notify its author if somebody else deleted it. Those of a post of a
    deleted topic are hidden with the topic's."""
    post = event.post
    if post.topic_deleted:
        return
    replicas.save_post(session, post)
    delivery.hide_item(session, f"post/{post.id}", True)
    if event.by_id != post.author_id:
        titles, original = replicas.titles_of_topic(session, post)
        path = f"/talk/t/{post.topic_id}/{post.topic_slug}#p{post.id}"
        delivery.deliver(session, builders.deletion_draft(recorded, post, titles, path, original))


def post_restored(session: Session, event: PostRestored, _recorded: Recorded) -> None:
    """Show the notifications of a restored post again; nobody is notified anew."""
    post = event.post
    delivery.retract(session, builders.deleted_item("post", post.id))
    replicas.save_post(session, post)
    delivery.hide_item(session, f"post/{post.id}", False)


# events


def event_created(session: Session, event: EventCreated, recorded: Recorded) -> None:
    """Notify the people mentioned in the text, and the followers. The author follows the event."""
    replicas.save_event(session, event.event)
    follow: NewFollow = (event.event.author_id, ("event", event.event.id), recorded.occurred_at)
    following = replicas.auto_follow(session, [follow])
    body = rules.original_body(event.event.versions, event.event.original_language)
    mentioned_ids = replicas.people_mentioned(
        session, event.by_id, replicas.mentions_of(body), recorded.occurred_at
    )
    direct = builders.direct("mention", mentioned_ids)
    delivery.deliver(session, builders.event_draft(event.event, recorded, event.type, event.by_id, direct))
    delivery.publish_follows(session, following)


def event_changed(session: Session, event: EventChanged, recorded: Recorded) -> None:
    """Notify attendees and followers when the event was cancelled, or its time or place changed."""
    delivery.update_titles(session, f"event/{event.event.id}", rules.titles(event.event.versions))
    before = replicas.save_event(session, event.event)
    plan = rules.plan_of(event.event)
    if before is None or before == plan or rules.is_over(event.event):
        return
    cancelled = plan["status"] == "cancelled" and before["status"] != "cancelled"
    what = "events.event.cancelled" if cancelled else event.type
    direct = builders.direct(
        "attendance", replicas.upcoming_attendees(session, event.event, recorded.occurred_at)
    )
    delivery.deliver(
        session, builders.event_draft(event.event, recorded, what, event.by_id, direct, changed=True)
    )


def event_recalculated(session: Session, event: EventRecalculated, recorded: Recorded) -> None:
    """Notify attendees that the rules of the event's time zone have changed: elsewhere the event begins at another
    hour."""
    if event.event.status == "cancelled" or rules.is_over(event.event):
        return
    people = replicas.upcoming_attendees(session, event.event, recorded.occurred_at)
    draft = builders.event_draft(
        event.event, recorded, event.type, event.by_id, builders.direct("attendance", people), changed=True
    )
    delivery.deliver(session, replace(draft, for_followers=False))


def event_deleted(session: Session, event: EventDeleted, recorded: Recorded) -> None:
    """Hide the notifications about a deleted event, notify its organiser if somebody else deleted it, and the others
    who meant to attend that it is cancelled."""
    state = event.event
    delivery.hide(session, f"event/{state.id}", True)
    if event.by_id != state.author_id:
        draft = builders.deletion_draft(
            recorded, state, event.titles, f"/events/{state.id}", state.original_language
        )
        delivery.deliver(session, draft)
    if state.status != "cancelled" and not rules.is_over(state):
        people = replicas.upcoming_attendees(session, state, recorded.occurred_at) - {state.author_id}
        delivery.deliver(session, builders.deleted_event_draft(event, recorded, people))


def event_restored(session: Session, event: EventRestored, recorded: Recorded) -> None:
    """Show the notifications about a restored event again; in place of the word that it is cancelled, those who mean
    to attend are notified that it changed."""
    state = event.event
    item = f"event/{state.id}"
    delivery.retract(session, builders.deleted_item("event", state.id))
    delivery.hide(session, item, False)
    delivery.update_titles(session, item, rules.titles(state.versions))
    replicas.save_event(session, state)
    if state.status == "cancelled" or rules.is_over(state):
        return
    people = replicas.upcoming_attendees(session, state, recorded.occurred_at)
    draft = builders.event_draft(
        state, recorded, EventChanged.type, event.by_id, builders.direct("attendance", people), changed=True
    )
    delivery.deliver(session, replace(draft, for_followers=False))


def attendance_changed(session: Session, event: AttendanceChanged, recorded: Recorded) -> None:
    """Store who attends or waits: they are notified when the event changes. Who has a seat after they waited is
    notified of it."""
    replicas.save_attendance(session, event, recorded.occurred_at)
    if event.moved_up and not rules.is_over(event.event):
        delivery.deliver(session, builders.seat_draft(event, recorded))


# search


def item_matched(session: Session, event: ItemMatched, recorded: Recorded) -> None:
    """Notify people who follow a search of a new item that it found, unless it is deleted meanwhile."""
    draft = builders.found_draft(event, recorded)
    if not replicas.is_deleted(session, draft.item, draft.subject):
        delivery.deliver(session, draft)
