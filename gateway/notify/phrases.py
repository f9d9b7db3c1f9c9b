"""Which message says a notification, and which says why it came: for pages and mails, so without Flask."""

from __future__ import annotations

from collections.abc import Collection

from contracts.notify import Reason

# The message of a notification by its reason, else by the type of its event.
_BY_REASON: dict[Reason, str] = {"mention": "mention", "quote": "quote", "reply": "reply"}
DEVICE_LOST = "notify.device.lost"
"""The `what` of the notification that messages to one of somebody's devices don't arrive."""

BY_TYPE = {
    "forum.topic.created": "topic",
    "forum.post.created": "post",
    "blog.article.published": "article-published",
    "blog.article.submitted": "article-submitted",
    "blog.article.resubmitted": "article-text-changed",
    "blog.article.returned": "article-returned",
    "blog.article.declined": "article-declined",
    "blog.article.scheduled": "article-scheduled",
    "blog.proposal.made": "proposal-made",
    "blog.proposal.accepted": "proposal-accepted",
    "blog.proposal.declined": "proposal-declined",
    "events.event.created": "event-created",
    "events.event.changed": "event-changed",
    "events.event.cancelled": "event-cancelled",
    "events.event.recalculated": "event-recalculated",
    "events.seat.given": "seat",
    "blog.article.deleted": "deleted",
    "events.event.deleted": "deleted",
    "forum.topic.deleted": "deleted",
    "forum.post.deleted": "deleted-post",
    "search.item.matched": "found",
    "people.case.opened": "case",
    "people.contact.waits": "message",
    "people.decision.made": "decision",
    "people.appeal.answered": "appeal",
    "people.membership.requested": "requested",
    "people.membership.granted": "granted",
    "people.membership.invited": "invited",
    "people.membership.moderator": "moderator",
    DEVICE_LOST: "device-lost",
}

_WHY: dict[Reason, str] = {
    "mention": "space-notify-why-mention",
    "reply": "space-notify-why-reply",
    "quote": "space-notify-why-quote",
    "review": "space-notify-why-review",
    "membership": "space-notify-why-membership",
    "attendance": "space-notify-why-attendance",
}

WHY_ITEM = {
    "topic": "space-notify-why-topic",
    "article": "space-notify-why-article",
    "event": "space-notify-why-event",
}
"""What somebody follows with the item itself has no name of its own: the sentence before names it."""

NAMELESS = "message"
"""The notification whose subject has no title: `space-notify-message` stands for it."""


def said(what: str, reasons: Collection[Reason]) -> str:
    """The end of the key `space-notify-says-…` of a notification."""
    found = next((_BY_REASON[reason] for reason in reasons if reason in _BY_REASON), "")
    found = found or BY_TYPE.get(what, "other")
    if found == "article-published" and "review" in reasons:
        return "own-article-published"
    return found


def why(what: str, reason: Reason) -> str | None:
    """The key of why a notification came for a reason; None for what somebody follows, which is named."""
    if reason == "review":
        if what.endswith(".deleted"):
            return "space-notify-why-author"
        if what in ("people.case.opened", "people.contact.waits"):
            return "space-notify-why-case"
        if what in ("people.decision.made", "people.appeal.answered"):
            return "space-notify-why-decision"
        if what == DEVICE_LOST:
            return "space-notify-why-device"
    return _WHY.get(reason)
