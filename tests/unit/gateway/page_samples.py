"""Topics, posts, events and groups for tests of pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contracts.common import TextVersion
from contracts.events import EventLine, EventView, Place
from contracts.forum import ForumCategory, PostView, TopicLine, TopicView
from contracts.people import GroupView, Membership, PersonCard
from tests.unit.gateway.fakes import AMINA, BORIS, MOMENT, TOPIC

POST = "000000000000000c"
EVENT = "000000000000000d"
GROUP = "000000000000000e"
HELP = ForumCategory(slug="help", name="Help", about="Ask here.", language="en", topics=3, may_open=True)
CAIRO = Place(name="Cairo", country="EG", latitude=30.06, longitude=31.25, venue="The old library")


def topic_line(**changes: Any) -> TopicLine:
    return TopicLine(**{**_topic(), **changes})


def topic(**changes: Any) -> TopicView:
    values = {**_topic(), **changes}
    more = {
        "original_language": "en",
        "revision": 2,
        "versions": [TextVersion(language="en", title=values["title"], body="Where to begin?")],
    }
    return TopicView(**{**more, **values})


def _topic() -> dict[str, Any]:
    return {
        "id": TOPIC, "slug": "where-to-begin", "audience": "public", "category": "help", "tags": ["birds"],
        "author_id": AMINA, "language": "en", "title": "Where to begin", "languages": ["en"], "posts": 2,
        "created_at": MOMENT, "last_post_at": MOMENT, "last_author_id": BORIS,
    }  # fmt: skip


def post(**changes: Any) -> PostView:
    values: dict[str, Any] = {
        "id": POST, "topic_id": TOPIC, "number": 1, "author_id": AMINA, "language": "en", "body": "Where to *begin*?",
        "created_at": MOMENT,
    }  # fmt: skip
    return PostView(**{**values, **changes})


def event_line(**changes: Any) -> EventLine:
    return EventLine(**{**_event(), **changes})


def event(**changes: Any) -> EventView:
    values = {**_event(), **changes}
    more = {
        "body": "We walk and *look*.", "original_language": "en", "revision": 4, "sequence": 0, "minutes": 120,
        "versions": [TextVersion(language="en", title=values["title"], body="We walk and *look*.")],
        "local_start": values["starts_at"].replace(tzinfo=None) + timedelta(hours=2), "created_at": MOMENT,
    }  # fmt: skip
    return EventView(**{**more, **values})


def _event() -> dict[str, Any]:
    start = datetime.fromisoformat("2031-12-02T16:00:00+00:00")
    return {
        "id": EVENT, "slug": "bird-walk", "audience": "public", "author_id": AMINA, "status": "confirmed",
        "format": "onsite", "language": "en", "title": "Bird walk", "languages": ["en"], "spoken": ["ar"],
        "tags": ["birds"], "starts_at": start, "ends_at": start + timedelta(hours=2), "timezone": "Africa/Cairo",
        "occurrence": "20311202T1800", "place": CAIRO, "changed_at": MOMENT,
    }  # fmt: skip


RIGHTS: dict[str, dict[str, bool]] = {
    "none": {"may_join": True},
    "requested": {"may_leave": True},
    "member": {"may_leave": True, "may_read": True},
    "moderator": {"may_leave": True, "may_read": True, "may_moderate": True},
}
"""What the people service says that a signed-in viewer in a state may do."""


def group(**changes: Any) -> GroupView:
    """A group as a stranger sees it, or with `my_state` as somebody in that state does."""
    values: dict[str, Any] = {
        "id": GROUP, "slug": "walkers", "name": "Walkers", "about": "We walk.", "language": "en", "kind": "closed",
        "members": 2, "my_state": "none", "audience": f"group:{GROUP}", "created_at": MOMENT, "original_language": "en",
        "texts": [],
    }  # fmt: skip
    rights = RIGHTS[changes["my_state"]] if "my_state" in changes else {}
    return GroupView(**{**values, **rights, **changes})


def membership(
    state: str = "member", name: str = "Boris", person_id: str = BORIS, may_manage: bool = False
) -> Membership:
    card = PersonCard(id=person_id, name=name, display_name=name)
    return Membership.model_validate(
        {"person": card, "state": state, "since": MOMENT, "may_manage": may_manage}
    )
