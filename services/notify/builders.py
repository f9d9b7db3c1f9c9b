"""Builds a `NotificationDraft` from each kind of event."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from contracts.blog import (
    ArticleDeclined,
    ArticlePublished,
    ArticleReturned,
    ArticleScheduled,
    ArticleState,
    ArticleSubmitted,
    ProposalAccepted,
    ProposalDeclined,
    ProposalMade,
)
from contracts.common import Recorded
from contracts.contact import ContactWaits
from contracts.events import AttendanceChanged, EventDeleted, EventState
from contracts.forum import PostChanged, PostCreated, PostState, TopicState
from contracts.moderation import NOTE_PREFIX, AppealAnswered, CaseOpened, DecisionMade
from contracts.notify import Reason
from contracts.people import GroupState, InvitationChanged
from contracts.search import ItemMatched
from core import slugs
from core.audience import MEMBERS, group_of
from core.markup import excerpt
from core.markup_cut import cut
from services.notify import rules
from services.notify.actions import replicas
from services.notify.rules import NotificationDraft, Target

CANCELLED = "events.event.cancelled"
"""What is said of an event that is cancelled, or deleted."""

SEAT = "events.seat.given"
"""What is said to who has waited for a seat and has one now."""

RESUBMITTED = "blog.article.resubmitted"
"""What is said of a scheduled article that changed, and so went back to the board."""

BoardStep = ArticleSubmitted | ArticleReturned | ArticleDeclined | ArticleScheduled


def article_draft(
    event: BoardStep | ArticlePublished,
    recorded: Recorded,
    direct: dict[str, frozenset[Reason]],
    followers: bool,
    what: str | None = None,
) -> NotificationDraft:
    """A draft about a review step or the publication of an article.

    The excerpt is of the board's remark, or of the article if there is none. `direct` holds the reasons of the people
    whom the event concerns; with `followers` those who follow the article are notified as well. `what`, if it
    is not the event's type.
    """
    article = event.article
    return NotificationDraft(
        what=what or event.type,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=article.author_id,
        audience=event.audience(),
        subject=f"article/{article.id}",
        item=f"article/{article.id}",
        titles=rules.titles(article.versions),
        original_language=article.original_language,
        path=f"/news/{article.slug}",
        excerpt=excerpt(event.remark, rules.EXCERPT_LENGTH) if event.remark else article_excerpt(article),
        direct=direct,
        direct_actor_id=event.by_id,
        targets=(("article", article.id),),
        related_targets=related_targets(
            article.tags, "news", article.category, article.audience, article.author_id
        ),
        for_followers=followers,
        replaces=rules.REVIEW_STEPS if event.type in rules.REVIEW_STEPS else (),
    )


def article_excerpt(article: ArticleState) -> str:
    """The beginning of an article, for notifications without a remark of the board."""
    original = next((each for each in article.versions if each.language == article.original_language), None)
    return excerpt(original.summary or original.body, rules.EXCERPT_LENGTH) if original else ""


def proposal_draft(
    event: ProposalMade | ProposalAccepted | ProposalDeclined, recorded: Recorded, people: set[str]
) -> NotificationDraft:
    """A draft about a proposed change of an article; its page says what the change is."""
    proposal = event.proposal
    return NotificationDraft(
        what=event.type,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=event.by_id,
        audience=recorded.audience,
        subject=f"article/{proposal.article_id}",
        item=f"proposal/{proposal.id}",
        titles=proposal.titles,
        original_language=proposal.original_language,
        path=f"/news/board/proposals/{proposal.id}",
        excerpt=excerpt(event.remark, rules.EXCERPT_LENGTH),
        direct=direct("review", people),
        targets=(("article", proposal.article_id),),
        for_followers=False,
    )


def post_excerpt(event: PostCreated | PostChanged) -> str:
    """The beginning of a post in a notification."""
    if event.parsed is None:
        return excerpt(event.post.body, rules.EXCERPT_LENGTH)
    return cut(event.parsed.excerpt, rules.EXCERPT_LENGTH)


def post_draft(
    topic: replicas.Titles,
    event: PostCreated | PostChanged,
    recorded: Recorded,
    what: str,
    direct: dict[str, frozenset[Reason]],
    followers: bool,
) -> NotificationDraft:
    """A draft about the post of an event, with the titles of its `topic`. `what` is the notification's type, the rest
    as in `article_draft`."""
    titles, original = topic
    post = event.post
    targets: list[Target] = [("topic", post.topic_id)]
    if post.article_id is not None:
        targets.append(("article", post.article_id))
    return NotificationDraft(
        what=what,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=post.author_id,
        audience=post.audience,
        subject=f"topic/{post.topic_id}",
        item=f"post/{post.id}",
        titles=titles,
        original_language=original,
        path=f"/talk/t/{post.topic_id}/{post.topic_slug}#p{post.id}",
        excerpt=post_excerpt(event),
        direct=direct,
        targets=tuple(targets),
        related_targets=related_targets(post.tags, "talk", post.category, post.audience, post.author_id),
        is_new=post.number == 1,
        for_followers=followers,
    )


def event_draft(
    event: EventState,
    recorded: Recorded,
    what: str,
    actor_id: str,
    direct: dict[str, frozenset[Reason]],
    changed: bool = False,
) -> NotificationDraft:
    """A draft about a new event, or with `changed` about a change of one, which has no excerpt."""
    body = rules.original_body(event.versions, event.original_language)
    return NotificationDraft(
        what=what,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=actor_id,
        audience=event.audience,
        subject=f"event/{event.id}",
        item=f"event/{event.id}",
        titles=rules.titles(event.versions),
        original_language=event.original_language,
        path=f"/events/{event.id}/{event.slug}",
        excerpt="" if changed else excerpt(body, rules.EXCERPT_LENGTH),
        direct=direct,
        targets=(("event", event.id),),
        related_targets=()
        if changed
        else related_targets(event.tags, "", None, event.audience, event.author_id),
        replaces=rules.EVENT_CHANGES if changed else (),
    )


def seat_draft(event: AttendanceChanged, recorded: Recorded) -> NotificationDraft:
    """A draft for who has waited for a seat at a date and has one now. Who gave it up is not told."""
    draft = event_draft(
        event.event, recorded, SEAT, "", direct("attendance", {event.person_id}), changed=True
    )
    path = f"{draft.path}?date={event.occurrence}" if event.event.recurrence else draft.path
    return replace(draft, path=path, for_followers=False, replaces=())


def found_draft(event: ItemMatched, recorded: Recorded) -> NotificationDraft:
    """A draft about a new item that followed searches found. Whoever has another notification of it gets none."""
    item = recorded.subject
    own: list[Target] = []
    if event.kind == "post":
        own.append(("topic", event.topic_id or ""))
    elif event.kind in ("topic", "article", "event"):
        own.append((event.kind, event.item_id))
    domain = "news" if event.kind == "article" else "talk"
    return NotificationDraft(
        what=event.type,
        source_id=recorded.id,
        at=event.published_at,
        actor_id=event.author_id,
        audience=event.item_audience,
        subject=item if event.kind != "post" else f"topic/{event.topic_id}",
        item=item,
        titles=event.titles,
        original_language=event.original_language,
        # As all others are stored: quoted, one in most scripts is too long for its column.
        path=unquote(event.path),
        related_targets=tuple(("search", each) for each in event.searches),
        muting_targets=(
            *own,
            *related_targets(event.tags, domain, event.category, event.item_audience, event.author_id),
        ),
        once_for="search",
    )


def deleted_item(kind: str, item_id: str) -> str:
    """The subject of notifications that say that an item is deleted: they stay while those about it are hidden."""
    return f"deleted-{kind}/{item_id}"


def deletion_draft(
    recorded: Recorded,
    state: ArticleState | TopicState | EventState | PostState,
    titles: dict[str, str],
    path: str,
    original_language: str,
) -> NotificationDraft:
    """A draft that tells an item's author that a moderator deleted it; its page says why. Who it was is not told.

    `titles` are the item's, for a post its topic's.
    """
    gone = deleted_item(recorded.type.split(".")[1], state.id)
    return _told(recorded, gone, titles, original_language, path, {state.author_id})


def case_draft(event: CaseOpened, recorded: Recorded) -> NotificationDraft:
    """A draft that tells moderators of a case that waits for one of them."""
    case, titles = f"case/{event.case_id}", {event.language: event.title}
    path, people = f"/moderation/cases/{event.case_id}", set(event.person_ids)
    return _told(recorded, case, titles, event.language, path, people, event.item_audience)


def contact_draft(event: ContactWaits, recorded: Recorded) -> NotificationDraft:
    """A draft that tells moderators of a message that waits for one of them. It has no title."""
    case, path = f"case/{event.case_id}", f"/moderation/cases/{event.case_id}"
    return _told(recorded, case, {"en": ""}, "en", path, set(event.person_ids))


def decision_draft(
    event: DecisionMade | AppealAnswered, recorded: Recorded, person_id: str
) -> NotificationDraft:
    """A draft that tells a person of a decision that concerns them, or on their appeal. Who decided is not told."""
    decision = event.decision
    titles, path = {decision.language: decision.title}, NOTE_PREFIX + decision.id
    return _told(recorded, f"decision/{decision.id}", titles, decision.language, path, {person_id})


def _told(
    recorded: Recorded,
    item: str,
    titles: dict[str, str],
    language: str,
    path: str,
    person_ids: set[str],
    audience: str | None = None,
) -> NotificationDraft:
    """A draft for these people alone, which names nobody who acted. `language` is that of the original title,
    `audience` the item's (None: the event's)."""
    return NotificationDraft(
        what=recorded.type,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id="",
        audience=recorded.audience if audience is None else audience,
        subject=item,
        item=item,
        titles=titles,
        original_language=language,
        path=path,
        direct=direct("review", person_ids),
        for_followers=False,
    )


def deleted_event_draft(event: EventDeleted, recorded: Recorded, people: set[str]) -> NotificationDraft:
    """A draft that tells these people, who meant to attend, that a deleted event is cancelled. Its page is gone, so it
    leads to the calendar."""
    state = event.event
    return NotificationDraft(
        what=CANCELLED,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=event.by_id if event.by_id == state.author_id else "",
        audience=state.audience,
        subject=deleted_item("event", state.id),
        item=deleted_item("event", state.id),
        titles=event.titles,
        original_language=state.original_language,
        path="/events",
        direct=direct("attendance", people - {event.by_id}),
        targets=(("event", state.id),),
        for_followers=False,
    )


def author_ids(article: ArticleState) -> set[str]:
    """The ids of an article's author and contributors."""
    return {article.author_id, *article.contributor_ids}


def invitation_draft(event: InvitationChanged, recorded: Recorded, item: str) -> NotificationDraft:
    """A draft for whom an invitation to a group is for, who need not be in the group to know of it."""
    group = event.group
    return NotificationDraft(
        what="people.membership.invited",
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=event.by_id,
        audience=MEMBERS,
        subject=f"group/{group.id}",
        item=item,
        titles=group_titles(group),
        original_language=group.language,
        path=f"/groups/{group.slug}",
        direct=direct("membership", {event.person_id}),
        for_followers=False,
    )


def group_titles(group: GroupState) -> dict[str, str]:
    """A group's names by language."""
    return {text.language: text.name for text in group.texts}


def direct(reason: Reason, people: set[str]) -> dict[str, frozenset[Reason]]:
    """The field `direct` of a draft: each of these people, for one reason."""
    return {person_id: frozenset({reason}) for person_id in people}


def merge(*parts: dict[str, frozenset[Reason]]) -> dict[str, frozenset[Reason]]:
    """Everybody in `parts`, each with all of their reasons."""
    merged: dict[str, frozenset[Reason]] = {}
    for part in parts:
        for person_id, why in part.items():
            merged[person_id] = merged.get(person_id, frozenset()) | why
    return merged


def related_targets(
    tags: list[str], domain: str, category: str | None, audience: str, author_id: str
) -> tuple[Target, ...]:
    """What can be followed and the item belongs to: its tags, category, group and author.

    `domain` is the first part of a category target: `news` for the blog, `talk` for the forum.
    """
    targets: list[Target] = [("tag", slugs.tag(tag)) for tag in tags]
    if category:
        targets.append(("category", f"{domain}/{category}"))
    if group_id := group_of(audience):
        targets.append(("group", group_id))
    return (*targets, ("person", author_id))
