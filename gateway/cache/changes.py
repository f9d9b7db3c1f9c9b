"""What each event of a service changes, by the names of resources that `resources` has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contracts.common import Recorded
from core.names import name_key
from gateway.cache.resources import ALL, Names

Data = Mapping[str, Any]

# Each function takes the event's data.


def _topic_itself(topic: Data) -> Names:
    named = {f"topic:{topic['id']}"}
    return named | {f"topic-of:{topic['article_id']}"} if topic.get("article_id") else named


def _lists_with(sort: str, author_id: str, item: Data) -> Names:
    """The lists of topics that a topic is on, which `item` tells of."""
    category = {f"{sort}:category:{item['category']}"} if item["category"] is not None else set()
    tags = {f"{sort}:tag:{tag}" for tag in item["tags"]}
    return {sort, *category, *tags, f"{sort}:author:{author_id}", f"{sort}:audience:{item['audience']}"}


def _topic_created(data: Data) -> Names:
    topic = data["topic"]
    lists = (_lists_with(sort, topic["author_id"], topic) for sort in ("latest", "new"))
    return {"categories", *_topic_itself(topic), *(name for names in lists for name in names)}


def _topic_changed(data: Data) -> Names:
    # Of which lists it was a part is not known; "topics" is part of all of them.
    return {"topics", "categories", *_topic_itself(data["topic"])}


def _post_event(data: Data) -> Names:
    post = data["post"]
    itself = _topic_itself({"id": post["topic_id"], "article_id": post.get("article_id")})
    # By its time and number of replies the topic takes another place on the lists by the latest reply. On those by
    # age it shows them, which is the topic itself.
    lists = _lists_with("latest", post["topic_author_id"], post)
    return {"posts", f"posts:author:{post['author_id']}", *itself, *lists}


def _category_event(data: Data) -> Names:
    return {"categories"}


def _article_event(data: Data) -> Names:
    article = data["article"]
    lists = {"published", "unpublished"} if article["status"] == "published" else {"unpublished"}
    return {f"article:{article['id']}", *lists}


def _article_gone(data: Data) -> Names:
    return {f"article:{data['article']['id']}", "published", "unpublished"}


def _revision_event(data: Data) -> Names:
    kind, _, item_id = data["item"].partition("/")
    return {f"{kind}:{item_id}"}


def _proposal_event(data: Data) -> Names:
    return {"proposals"}


def _event_event(data: Data) -> Names:
    return {"events", f"event:{data['event']['id']}"}


def _next_date_changed(data: Data) -> Names:
    return set()  # pages change with the time, and with who attends


def _attendance_changed(data: Data) -> Names:
    return {f"event:{data['event']['id']}", f"attended-by:{data['person_id']}"}


def _person_changed(data: Data) -> Names:
    # Whoever is shown in another way since then has an event of their own.
    person = data["person"]
    return {"people", f"person:{person['id']}", f"name:{name_key(person['name'])}"}


def _group_changed(data: Data) -> Names:
    if data.get("rights_changed"):
        return {ALL}  # the rights of all its members, and the pages of each of them
    return {"groups", f"group:{data['group']['id']}"}


def _membership_changed(data: Data) -> Names:
    return {"groups", f"group:{data['group']['id']}", f"groups-of:{data['person_id']}"}


def _invitation_changed(data: Data) -> Names:
    return {f"group:{data['group']['id']}"}


def _case_opened(data: Data) -> Names:
    return set()  # pages of moderation are not kept


def _decision_event(data: Data) -> Names:
    return {"decisions"}  # what it does to an item has events of its own


def _of_moderators(data: Data) -> Names:
    return set()  # what is not there yet, and what the rules say, no kept page shows


def _tag_replaced(data: Data) -> Names:
    return {"tags"}  # the items have events of their own


def _site_changed(data: Data) -> Names:
    return {"site"}


def _block_changed(data: Data) -> Names:
    return {f"blocks:{data['person_id']}"}


def _session_ended(data: Data) -> Names:
    return set()  # no page shows who has a session; see `_viewers`


def _of_notify(data: Data) -> Names:
    return set()  # for mails alone; a person's own pages were dropped by the event before it


def _search_followed(data: Data) -> Names:
    return set()  # no kept page shows which searches are followed


def _notified(data: Data) -> Names:
    return {f"unread:{data['person_id']}"}


def _follows_changed(data: Data) -> Names:
    return {f"follows:{person_id}" for person_id in data["person_ids"]}


def _people_notified(data: Data) -> Names:
    return {f"unread:{person_id}" for person_id in data["person_ids"]}


EVENTS: Mapping[str, Callable[[Data], Names]] = {
    "forum.topic.created": _topic_created,
    "forum.topic.changed": _topic_changed,
    "forum.topic.deleted": _topic_changed,
    "forum.topic.restored": _topic_changed,
    "forum.post.created": _post_event,
    "forum.post.changed": _post_event,
    "forum.post.deleted": _post_event,
    "forum.post.restored": _post_event,
    "forum.category.changed": _category_event,
    "forum.category.removed": _category_event,
    "blog.article.changed": _article_event,
    "blog.article.submitted": _article_event,
    "blog.article.returned": _article_event,
    "blog.article.declined": _article_event,
    "blog.article.scheduled": _article_event,
    "blog.article.published": _article_event,
    "blog.article.deleted": _article_gone,
    "blog.article.restored": _article_gone,
    "blog.revision.withheld": _revision_event,
    "blog.revision.shown": _revision_event,
    "blog.proposal.made": _proposal_event,
    "blog.proposal.accepted": _proposal_event,
    "blog.proposal.declined": _proposal_event,
    "blog.proposal.withdrawn": _proposal_event,
    "blog.category.changed": _category_event,
    "blog.category.removed": _category_event,
    "events.event.created": _event_event,
    "events.event.changed": _event_event,
    "events.event.recalculated": _event_event,
    "events.date.changed": _next_date_changed,
    "events.event.deleted": _event_event,
    "events.event.restored": _event_event,
    "events.revision.withheld": _revision_event,
    "events.revision.shown": _revision_event,
    "events.attendance.changed": _attendance_changed,
    "people.person.changed": _person_changed,
    "people.person.vanished": _person_changed,
    "people.languages.changed": _of_notify,
    "people.group.changed": _group_changed,
    "people.membership.changed": _membership_changed,
    "people.invitation.changed": _invitation_changed,
    "people.block.changed": _block_changed,
    "people.session.ended": _session_ended,
    "people.case.opened": _case_opened,
    "people.contact.waits": _case_opened,
    "people.decision.made": _decision_event,
    "people.appeal.answered": _decision_event,
    "people.site.changed": _site_changed,
    "people.trust.changed": _of_moderators,
    "people.tag.replaced": _tag_replaced,
    "blog.tag.replaced": _of_moderators,
    "forum.tag.replaced": _of_moderators,
    "events.tag.replaced": _of_moderators,
    "people.rules.changed": _of_moderators,
    "blog.decision.failed": _of_moderators,
    "forum.decision.failed": _of_moderators,
    "events.decision.failed": _of_moderators,
    "people.held.approved": _of_moderators,
    "forum.held.changed": _of_moderators,
    "blog.item.flagged": _of_moderators,
    "forum.item.flagged": _of_moderators,
    "events.held.changed": _of_moderators,
    "events.item.flagged": _of_moderators,
    "notify.person.notified": _notified,
    "notify.people.notified": _people_notified,
    "notify.follows.changed": _follows_changed,
    "notify.search.changed": _search_followed,
}


def changed(event: Recorded) -> Names:
    """The resources that an event changed."""
    names_of = EVENTS.get(event.type)
    if names_of is None:
        return {ALL}
    try:
        return names_of(event.data) | _viewers(event)
    except (KeyError, TypeError):
        return {ALL}  # of another version


def _viewers(event: Recorded) -> Names:
    """Whose sessions, tokens and rights an event may have changed: all of people's that are about a person."""
    if event.producer != "people":
        return set()
    about = {event.data.get("person_id"), event.subject.removeprefix("person/")}
    return {f"viewer:{person_id}" for person_id in about if person_id}
