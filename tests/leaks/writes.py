"""Every request that changes something, with who may send it. A new route needs one line here, or the test of the list
fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core import clock
from core.audience import Viewer, may_see
from gateway.review.newcomers import NUMBERS
from tests.leaks.desk import Desk, Values
from tests.leaks.words import Rule
from tests.leaks.world import board, both, either, moderators

By = Callable[[str], Rule]
"""Who may, of what has an audience."""


def writer(audience: str) -> Rule:
    """Members in the audience who may write."""
    return lambda viewer: viewer.signed_in and viewer.may("write") and may_see(viewer, audience)


def member(audience: str) -> Rule:
    """Anybody signed in who may change what is theirs alone, as somebody silenced may."""
    return lambda viewer: viewer.signed_in and viewer.holds("write") and may_see(viewer, audience)


def author(audience: str) -> Rule:
    return both(writer(audience), lambda viewer: viewer.name == "Ines")


def author_or_moderator(audience: str) -> Rule:
    return both(writer(audience), either(author(audience), moderators(audience)))


def moderator(audience: str) -> Rule:
    return both(writer(audience), moderators(audience))


def decider(audience: str) -> Rule:
    """The board, but for an author whom nobody in a group could replace."""
    return both(writer(audience), both(board(audience), lambda viewer: viewer.may("moderate")))


def board_or_moderator(audience: str) -> Rule:
    return either(decider(audience), moderator(audience))


def author_board_or_moderator(audience: str) -> Rule:
    return either(author(audience), board_or_moderator(audience))


def submitter(audience: str) -> Rule:
    return either(author(audience), both(writer(audience), board(audience)))


def reviewer(audience: str) -> Rule:
    """Anybody but who translated it."""
    return both(writer(audience), lambda viewer: viewer.name != "Memo")


def inside(audience: str) -> Rule:
    return lambda viewer: viewer.name in ("Ines", "Memo", "Leaver")


def proposer(audience: str) -> Rule:
    return both(writer(audience), lambda viewer: viewer.name == "Memo")


def administrator(audience: str) -> Rule:
    return both(writer(audience), lambda viewer: viewer.has("administrator") and viewer.may("moderate"))


def site_moderator(audience: str) -> Rule:
    return both(writer(audience), lambda viewer: viewer.has("moderator") and viewer.may("moderate"))


def group_moderator(audience: str) -> Rule:
    """Its own moderators; it is they who see a hidden group at all."""
    return both(writer("public"), lambda viewer: viewer.may("moderate") and _leads(viewer))


def remover(audience: str) -> Rule:
    """Its moderators, and who leaves it."""
    return either(group_moderator(audience), lambda viewer: viewer.name == "Leaver")


def _leads(viewer: Viewer) -> bool:
    return viewer.name == "Ines"


def invitee(audience: str) -> Rule:
    """Who was invited to a group, silenced or not."""
    return lambda viewer: viewer.name == "Otto"


def concerned(audience: str) -> Rule:
    """The person whom a decision is about, silenced or not."""
    return lambda viewer: viewer.name == "Otto"


def device_owner(audience: str) -> Rule:
    """The person whose device it is; a token of theirs that may write."""
    return both(member(audience), lambda viewer: viewer.name == "Memo")


SUBSCRIPTION = {"name": "phone", "endpoint": "{endpoint}", "p256dh": "{p256dh}", "auth": "{auth}"}


@dataclass(frozen=True)
class Write:
    """One request. `make` prepares what it is about, for an audience; its values fill `address` and `body`. `may` says
    who may send it, `by` who does in the end. `form`: a page's form, else JSON to the API."""

    address: str
    make: Callable[[Desk, str], Values]
    may: By
    by: str
    body: dict[str, Any] | None
    form: bool
    audiences: tuple[str, ...]


BOTH, SITE, GROUP = ("public", "hidden"), ("public",), ("hidden",)
API = "/api/v1"


def api(
    address: str, make: Callable[[Desk, str], Values], may: By, by: str, body: Any = None,
    audiences: tuple[str, ...] = BOTH,
) -> Write:  # fmt: skip
    return Write(API + address, make, may, by, body, False, audiences)


def form(
    address: str, make: Callable[[Desk, str], Values], may: By, by: str, body: Any = None,
    audiences: tuple[str, ...] = BOTH,
) -> Write:  # fmt: skip
    return Write(address, make, may, by, body or {}, True, audiences)


def in_a_month() -> str:
    """A date, as forms and the API write it."""
    return str((clock.now() + timedelta(days=30)).date())


GONE = {"reason": "spam", "note": "Advertising"}
TEXT = {"title": "Another title", "body": "Another text."}
WHY = {"reason": "A private address."}
TOPIC = {"language": "en", **TEXT, "audience": "{audience}", "category": "help"}
ARTICLE = {**TOPIC, "category": "stories"}
ONLINE = {"minutes": 60, "timezone": "UTC", "online_url": "https://meet.test/x"}
EVENT = {"language": "en", **TEXT, "audience": "{audience}", **ONLINE}
EVENT_FORM = {**TEXT, **ONLINE, "date": in_a_month(), "time": "18:00", "recurrence": "none"}
GROUP_TEXT = {"name": "Another name", "about": "Another description."}
PICTURE = {
    "alt": "A",
    "author": "B",
    "licence": "C",
    "source": "https://pictures.test/",
    "base64": Desk.picture(),
}
D = Desk

WRITES: dict[tuple[str, str], Write] = {
    # Topics and posts
    ("POST", f"{API}/topics"): api("/topics", D.nothing, writer, "Memo", TOPIC),
    ("PATCH", f"{API}/topics/<topic_id>"): api(
        "/topics/{id}", D.topic, author_or_moderator, "Ines", {"revision": "{revision:d}", "title": "Another"}
    ),
    ("DELETE", f"{API}/topics/<topic_id>"): api(
        "/topics/{id}?reason=spam", D.topic, author_or_moderator, "Ines"
    ),
    ("POST", f"{API}/topics/<topic_id>/restore"): api(
        "/topics/{id}/restore", D.deleted_topic, moderator, "moderator"
    ),
    ("PUT", f"{API}/topics/<topic_id>/versions/<lang>"): api(
        "/topics/{id}/versions/fr", D.topic, writer, "Memo", TEXT
    ),
    ("POST", f"{API}/topics/<topic_id>/history/<lang>/<revision>/withhold"): api(
        "/topics/{id}/history/en/1/withhold", D.retitled, author_or_moderator, "Ines", WHY
    ),
    ("POST", f"{API}/topics/<topic_id>/history/<lang>/<revision>/show"): api(
        "/topics/{id}/history/en/1/show", D.withheld_title, moderator, "moderator"
    ),
    ("POST", f"{API}/topics/<topic_id>/posts"): api(
        "/topics/{id}/posts", D.topic, writer, "Memo", {"body": "Yes."}
    ),
    ("PATCH", f"{API}/posts/<post_id>"): api(
        "/posts/{id}", D.post, author_or_moderator, "Ines", {"revision": "{revision:d}", "body": "Better."}
    ),
    ("DELETE", f"{API}/posts/<post_id>"): api("/posts/{id}?reason=spam", D.post, author_or_moderator, "Ines"),
    ("POST", f"{API}/posts/<post_id>/restore"): api(
        "/posts/{id}/restore", D.deleted_post, moderator, "moderator"
    ),
    ("POST", f"{API}/posts/<post_id>/history/<revision>/withhold"): api(
        "/posts/{id}/history/1/withhold", D.post, author_or_moderator, "Ines", WHY
    ),
    ("POST", f"{API}/posts/<post_id>/history/<revision>/show"): api(
        "/posts/{id}/history/1/show", D.withheld_post, moderator, "moderator"
    ),
    ("POST", "/talk/new"): form("/talk/new", D.nothing, writer, "Memo", TOPIC),
    ("POST", "/talk/t/<topic_id>/<slug>/reply"): form(
        "{path}/reply", D.topic, writer, "Memo", {"body": "Yes."}
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/edit"): form(
        "{path}/edit",
        D.topic,
        author_or_moderator,
        "Ines",
        {"revision": "{revision}", "title": "Another", "category": "help"},
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/delete"): form(
        "{path}/delete", D.topic, author_or_moderator, "Ines", GONE
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/restore"): form(
        "{path}/restore", D.deleted_topic, moderator, "moderator"
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/translate"): form(
        "{path}/translate", D.topic, writer, "Memo", {"language": "fr", **TEXT}
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/history/<code>/<int:revision>/withhold"): form(
        "{path}/history/en/1/withhold", D.retitled, author_or_moderator, "Ines", WHY
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/history/<code>/<int:revision>/show"): form(
        "{path}/history/en/1/show", D.withheld_title, moderator, "moderator"
    ),
    ("POST", "/talk/t/<topic_id>/<slug>/moderate"): form(
        "{path}/moderate", D.topic, moderator, "moderator", {"do": "close"}
    ),
    ("POST", "/talk/p/<post_id>/edit"): form(
        "/talk/p/{id}/edit",
        D.post,
        author_or_moderator,
        "Ines",
        {"revision": "{revision}", "body": "Better."},
    ),
    ("POST", "/talk/p/<post_id>/delete"): form(
        "/talk/p/{id}/delete", D.post, author_or_moderator, "Ines", GONE
    ),
    ("POST", "/talk/p/<post_id>/restore"): form(
        "/talk/p/{id}/restore", D.deleted_post, moderator, "moderator"
    ),
    ("POST", "/talk/p/<post_id>/history/<int:revision>/withhold"): form(
        "/talk/p/{id}/history/1/withhold", D.post, author_or_moderator, "Ines", WHY
    ),
    ("POST", "/talk/p/<post_id>/history/<int:revision>/show"): form(
        "/talk/p/{id}/history/1/show", D.withheld_post, moderator, "moderator"
    ),
    # Articles
    ("POST", f"{API}/articles"): api("/articles", D.nothing, writer, "Memo", ARTICLE),
    ("PATCH", f"{API}/articles/<article_id>"): api(
        "/articles/{id}", D.draft, writer, "Memo", {"revision": "{revision:d}", "body": "Better."}
    ),
    ("DELETE", f"{API}/articles/<article_id>"): api(
        "/articles/{id}?reason=spam", D.draft, author_board_or_moderator, "Ines"
    ),
    ("POST", f"{API}/articles/<article_id>/restore"): api(
        "/articles/{id}/restore", D.deleted_article, board_or_moderator, "board"
    ),
    ("PUT", f"{API}/articles/<article_id>/versions/<lang>"): api(
        "/articles/{id}/versions/fr", D.draft, writer, "Memo", TEXT
    ),
    ("POST", f"{API}/articles/<article_id>/versions/<lang>/review"): api(
        "/articles/{id}/versions/de/review", D.translated, reviewer, "Ines"
    ),
    ("POST", f"{API}/articles/<article_id>/submit"): api("/articles/{id}/submit", D.draft, submitter, "Ines"),
    ("POST", f"{API}/articles/<article_id>/return"): api(
        "/articles/{id}/return", D.submitted, decider, "board", {"remark": "Not yet."}
    ),
    ("POST", f"{API}/articles/<article_id>/decline"): api(
        "/articles/{id}/decline", D.submitted, decider, "board", {"remark": "No."}
    ),
    ("POST", f"{API}/articles/<article_id>/publish"): api(
        "/articles/{id}/publish", D.submitted, decider, "board", {"revision": "{article_revision:d}"}
    ),
    ("POST", f"{API}/articles/<article_id>/schedule"): api(
        "/articles/{id}/schedule", D.submitted, decider, "board", {"at": f"{in_a_month()}T12:00:00Z"}
    ),
    ("POST", f"{API}/articles/<article_id>/history/<lang>/<revision>/withhold"): api(
        "/articles/{id}/history/en/1/withhold", D.edited, author_board_or_moderator, "Ines", WHY
    ),
    ("POST", f"{API}/articles/<article_id>/history/<lang>/<revision>/show"): api(
        "/articles/{id}/history/en/1/show", D.withheld_article, board_or_moderator, "board"
    ),
    ("POST", f"{API}/proposals/<proposal_id>/accept"): api(
        "/proposals/{id}/accept", D.proposal, decider, "board"
    ),
    ("POST", f"{API}/proposals/<proposal_id>/decline"): api(
        "/proposals/{id}/decline", D.proposal, decider, "board", {"remark": "No."}
    ),
    ("POST", f"{API}/proposals/<proposal_id>/withdraw"): api(
        "/proposals/{id}/withdraw", D.proposal, proposer, "Memo"
    ),
    ("POST", f"{API}/uploads"): api("/uploads", D.nothing, writer, "Memo", PICTURE, SITE),
    ("POST", "/news/submit"): form("/news/submit", D.nothing, writer, "Memo", {**ARTICLE, "do": "save"}),
    ("POST", "/news/<slug>/edit"): form(
        "{path}/edit",
        D.draft,
        writer,
        "Memo",
        {"revision": "{revision}", **TEXT, "category": "stories", "do": "save"},
    ),
    ("POST", "/news/<slug>/delete"): form("{path}/delete", D.draft, author_board_or_moderator, "Ines", GONE),
    ("POST", "/news/<slug>/restore"): form("{path}/restore", D.deleted_article, board_or_moderator, "board"),
    ("POST", "/news/<slug>/translate/<code>"): form("{path}/translate/fr", D.draft, writer, "Memo", TEXT),
    ("POST", "/news/<slug>/review-version"): form(
        "{path}/review-version", D.translated, reviewer, "Ines", {"language": "de"}
    ),
    ("POST", "/news/<slug>/board"): form(
        "{path}/board", D.submitted, decider, "board", {"do": "send_back", "remark": "Not yet."}
    ),
    ("POST", "/news/<slug>/reply"): form("{path}/reply", D.discussed, writer, "Memo", {"body": "Yes."}),
    ("POST", "/news/<slug>/history/<code>/<int:revision>/withhold"): form(
        "{path}/history/en/1/withhold", D.edited, author_board_or_moderator, "Ines", WHY
    ),
    ("POST", "/news/<slug>/history/<code>/<int:revision>/show"): form(
        "{path}/history/en/1/show", D.withheld_article, board_or_moderator, "board"
    ),
    ("POST", "/news/board/proposals/<proposal_id>"): form(
        "/news/board/proposals/{id}", D.proposal, decider, "board", {"do": "accept"}
    ),
    # Events
    ("POST", f"{API}/events"): api(
        "/events", D.nothing, writer, "Memo", {**EVENT, "start": f"{in_a_month()}T18:00"}
    ),
    ("PATCH", f"{API}/events/<event_id>"): api(
        "/events/{id}", D.event, author_or_moderator, "Ines", {"revision": "{revision:d}", "title": "Another"}
    ),
    ("DELETE", f"{API}/events/<event_id>"): api(
        "/events/{id}?reason=spam", D.event, author_or_moderator, "Ines"
    ),
    ("POST", f"{API}/events/<event_id>/restore"): api(
        "/events/{id}/restore", D.deleted_event, moderator, "moderator"
    ),
    ("PUT", f"{API}/events/<event_id>/versions/<lang>"): api(
        "/events/{id}/versions/fr", D.event, writer, "Memo", TEXT
    ),
    ("POST", f"{API}/events/<event_id>/history/<lang>/<revision>/withhold"): api(
        "/events/{id}/history/en/1/withhold", D.edited_event, author_or_moderator, "Ines", WHY
    ),
    ("POST", f"{API}/events/<event_id>/history/<lang>/<revision>/show"): api(
        "/events/{id}/history/en/1/show", D.withheld_event, moderator, "moderator"
    ),
    ("PUT", f"{API}/events/<event_id>/attendance"): api(
        "/events/{id}/attendance", D.event, writer, "Memo", {"attending": "going"}
    ),
    ("DELETE", f"{API}/events/<event_id>/attendance"): api(
        "/events/{id}/attendance", D.attended, writer, "Memo"
    ),
    ("POST", "/events/new"): form(
        "/events/new", D.nothing, writer, "Memo", {**EVENT_FORM, "language": "en", "audience": "{audience}"}
    ),
    ("POST", "/events/<event_id>/<slug>/edit"): form(
        "{path}/edit", D.event, author_or_moderator, "Ines", {**EVENT_FORM, "revision": "{revision}"}
    ),
    ("POST", "/events/<event_id>/<slug>/delete"): form(
        "{path}/delete", D.event, author_or_moderator, "Ines", GONE
    ),
    ("POST", "/events/<event_id>/<slug>/restore"): form(
        "{path}/restore", D.deleted_event, moderator, "moderator"
    ),
    ("POST", "/events/<event_id>/<slug>/translate"): form(
        "{path}/translate", D.event, writer, "Memo", {"language": "fr", **TEXT}
    ),
    ("POST", "/events/<event_id>/<slug>/history/<code>/<int:revision>/withhold"): form(
        "{path}/history/en/1/withhold", D.edited_event, author_or_moderator, "Ines", WHY
    ),
    ("POST", "/events/<event_id>/<slug>/history/<code>/<int:revision>/show"): form(
        "{path}/history/en/1/show", D.withheld_event, moderator, "moderator"
    ),
    ("POST", "/events/<event_id>/<slug>/attend"): form(
        "{path}/attend", D.event, writer, "Memo", {"attending": "going"}
    ),
    # Groups
    ("POST", f"{API}/groups"): api(
        "/groups",
        D.nothing,
        writer,
        "Memo",
        {"slug": "{fresh}", "kind": "open", "language": "en", **GROUP_TEXT},
        SITE,
    ),
    ("POST", f"{API}/groups/<slug>/join"): api(
        "/groups/{slug}/join", D.open_group, writer, "Otto", None, SITE
    ),
    ("PUT", f"{API}/groups/<slug>/texts/<lang>"): api(
        "/groups/{slug}/texts/fr", D.group, group_moderator, "Ines", GROUP_TEXT
    ),
    ("PUT", f"{API}/groups/<slug>/members/<name>"): api(
        "/groups/{slug}/members/Memo", D.group, group_moderator, "Ines", {"state": "moderator"}
    ),
    ("DELETE", f"{API}/groups/<slug>/members/<name>"): api(
        "/groups/{slug}/members/Leaver", D.group, remover, "Ines"
    ),
    ("PATCH", f"{API}/groups/<slug>"): api(
        "/groups/{slug}", D.group, group_moderator, "Ines", {"archived": True}
    ),
    ("POST", f"{API}/groups/<slug>/requests"): api(
        "/groups/{slug}/requests", D.open_group, writer, "Otto", {"words": "Please."}, SITE
    ),
    ("POST", f"{API}/groups/<slug>/hand-over"): api(
        "/groups/{slug}/hand-over", D.group, group_moderator, "Ines", {"name": "Memo"}
    ),
    ("POST", f"{API}/groups/<slug>/categories"): api(
        "/groups/{slug}/categories",
        D.group,
        group_moderator,
        "Ines",
        {"language": "en", "name": "Walks"},
        GROUP,
    ),
    ("PATCH", f"{API}/groups/<slug>/categories/<category>"): api(
        "/groups/{slug}/categories/{category}",
        D.own_category,
        group_moderator,
        "Ines",
        {"language": "en", "closed": True},
        GROUP,
    ),
    ("POST", f"{API}/groups/<slug>/categories/<category>/merge"): api(
        "/groups/{slug}/categories/{category}/merge",
        D.own_category,
        group_moderator,
        "Ines",
        {"into": "{other}", "reason": "Yes."},
        GROUP,
    ),
    ("DELETE", f"{API}/groups/<slug>/categories/<category>"): api(
        "/groups/{slug}/categories/{category}?reason=Yes.",
        D.own_category,
        group_moderator,
        "Ines",
        None,
        GROUP,
    ),
    ("PUT", f"{API}/groups/<slug>/invitations/<name>"): api(
        "/groups/{slug}/invitations/Otto", D.group, group_moderator, "Ines"
    ),
    ("DELETE", f"{API}/groups/<slug>/invitations/<name>"): api(
        "/groups/{slug}/invitations/Otto", D.invited, group_moderator, "Ines"
    ),
    ("POST", f"{API}/groups/<slug>/invitation"): api(
        "/groups/{slug}/invitation", D.invited, invitee, "Otto", {"accepted": True}
    ),
    ("POST", "/groups/<slug>/invitation"): form(
        "/groups/{slug}/invitation", D.invited, invitee, "Otto", {"do": "decline"}
    ),
    ("POST", "/groups/<slug>/settings"): form(
        "/groups/{slug}/settings", D.group, group_moderator, "Ines", {"do": "archive"}
    ),
    ("POST", "/groups/new"): form(
        "/groups/new",
        D.nothing,
        writer,
        "Memo",
        {"slug": "{fresh}", "kind": "open", "language": "en", **GROUP_TEXT},
        SITE,
    ),
    ("POST", "/groups/<slug>/join"): form("/groups/{slug}/join", D.open_group, writer, "Otto", None, SITE),
    ("POST", "/groups/<slug>/leave"): form("/groups/{slug}/leave", D.group, inside, "Memo", None, GROUP),
    ("POST", "/groups/<slug>/edit"): form(
        "/groups/{slug}/edit", D.group, group_moderator, "Ines", {"language": "fr", **GROUP_TEXT}
    ),
    ("POST", "/groups/<slug>/members"): form(
        "/groups/{slug}/members", D.group, group_moderator, "Ines", {"do": "promote", "name": "Memo"}
    ),
    # One's own
    ("PATCH", f"{API}/me"): api("/me", D.nothing, writer, "Memo", {"about": "Bees."}, SITE),
    ("PUT", f"{API}/me/blocks/<name>"): api("/me/blocks/Otto", D.nothing, member, "Memo", None, SITE),
    ("DELETE", f"{API}/me/blocks/<name>"): api("/me/blocks/Otto", D.nothing, member, "Memo", None, SITE),
    ("PUT", f"{API}/me/mutes/<name>"): api("/me/mutes/Otto", D.nothing, member, "Memo", None, SITE),
    ("DELETE", f"{API}/me/mutes/<name>"): api("/me/mutes/Otto", D.nothing, member, "Memo", None, SITE),
    ("POST", f"{API}/me/export"): api("/me/export", D.nothing, member, "Memo", None, SITE),
    ("PUT", f"{API}/notifications/mail"): api(
        "/notifications/mail", D.nothing, member, "Memo", {"hour": 8, "timezone": "UTC"}, SITE
    ),
    ("POST", f"{API}/push-devices"): api("/push-devices", D.subscriber, member, "Memo", SUBSCRIPTION, SITE),
    ("PATCH", f"{API}/push-devices/<id>"): api(
        "/push-devices/{id}", D.device, device_owner, "Memo", {"on": False}, SITE
    ),
    ("DELETE", f"{API}/push-devices/<id>"): api(
        "/push-devices/{id}", D.device, device_owner, "Memo", None, SITE
    ),
    ("PUT", f"{API}/push-devices/reasons"): api(
        "/push-devices/reasons", D.nothing, member, "Memo", {"reasons": ["mention"]}, SITE
    ),
    ("POST", f"{API}/notifications/read"): api("/notifications/read", D.notified, member, "Ines", {}, SITE),
    ("PUT", f"{API}/follows/<kind>/<path:id>"): api(
        "/follows/tag/{fresh}", D.nothing, member, "Memo", {"level": "normal"}, SITE
    ),
    ("DELETE", f"{API}/follows/<kind>/<path:id>"): api(
        "/follows/tag/{fresh}", D.followed, member, "Memo", None, SITE
    ),
    ("DELETE", f"{API}/tokens/<token_id>"): api(
        "/tokens/{id}", D.token_of_memo, proposer, "Memo", None, SITE
    ),
    ("POST", "/follow"): form(
        "/follow", D.nothing, member, "Memo", {"kind": "tag", "id": "{fresh}", "level": "normal"}, SITE
    ),
    ("POST", "/notifications/read"): form("/notifications/read", D.notified, member, "Ines", {}, SITE),
    ("POST", "/settings"): form(
        "/settings", D.nothing, writer, "Memo", {"do": "profile", "about": "Bees."}, SITE
    ),
    ("POST", "/settings/account"): form(
        "/settings/account", D.nothing, writer, "Renamed", {"do": "rename", "name": "X{fresh}"}, SITE
    ),
    ("POST", "/settings/people"): form(
        "/settings/people", D.newcomer, member, "Memo", {"do": "mute", "id": "{id}"}, SITE
    ),
    ("POST", "/settings/notifications"): form(
        "/settings/notifications", D.nothing, member, "Memo", {"hour": "9", "timezone": "UTC"}, SITE
    ),
    ("POST", "/settings/notifications/phones"): form(
        "/settings/notifications/phones", D.subscriber, member, "Memo", {"do": "add", **SUBSCRIPTION}, SITE
    ),
    ("POST", "/settings/notifications/phones/reasons"): form(
        "/settings/notifications/phones/reasons", D.nothing, member, "Memo", {"phone_reply": "1"}, SITE
    ),
    ("POST", "/settings/notifications/phones/<id>"): form(
        "/settings/notifications/phones/{id}", D.device, device_owner, "Memo", {"do": "remove"}, SITE
    ),
    ("POST", "/settings/data"): form("/settings/data", D.nothing, member, "Memo", None, SITE),
    # Moderation and administration
    ("POST", "/decisions/<decision_id>/appeal"): form(
        "/decisions/{id}/appeal", D.decision, concerned, "Otto", {"words": "Please."}, SITE
    ),
    ("POST", "/moderation/cases/<case_id>/claim"): form(
        "/moderation/cases/{id}/claim", D.case, site_moderator, "Mona", None, SITE
    ),
    ("POST", "/moderation/cases/<case_id>/release"): form(
        "/moderation/cases/{id}/release", D.claimed_case, site_moderator, "Mona", None, SITE
    ),
    ("POST", "/moderation/cases/<case_id>/decide"): form(
        "/moderation/cases/{id}/decide",
        D.claimed_case,
        site_moderator,
        "Mona",
        {"person_measure": "word", "reason": "spam", "words": "Be kind."},
        SITE,
    ),
    ("POST", "/moderation/cases/<case_id>/reply"): form(
        "/moderation/cases/{id}/reply", D.contact, site_moderator, "Mona", {"words": "Thanks."}, SITE
    ),
    ("POST", "/moderation/cases/<case_id>/close"): form(
        "/moderation/cases/{id}/close", D.contact, site_moderator, "Mona", None, SITE
    ),
    ("POST", "/moderation/cases/<case_id>/approve"): form(
        "/moderation/cases/{id}/approve", D.held_case, site_moderator, "Mona", {"revision": "1"}, SITE
    ),
    ("POST", "/held/<area>/<held_id>"): form(
        "/held/talk/{id}", D.held, author, "Ines", {"do": "save", "title": "Better", "body": "Better."}
    ),
    ("PATCH", f"{API}/held/<area_name>/<held_id>"): api(
        "/held/talk/{id}", D.held, author, "Ines", {"body": "Better."}
    ),
    ("DELETE", f"{API}/held/<area_name>/<held_id>"): api("/held/talk/{id}", D.held, author, "Ines"),
    ("POST", "/moderation/cases/<case_id>/answer"): form(
        "/moderation/cases/{id}/answer",
        D.claimed_appeal,
        site_moderator,
        "Adam",
        {"outcome": "overturn", "words": "Right."},
        SITE,
    ),
    ("POST", "/admin/people/<name>"): form(
        "/admin/people/Promoted",
        D.nothing,
        administrator,
        "Adam",
        {"change": "grant-editor", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/people/<name>/account"): form(
        "/admin/people/Misnamed/account",
        D.nothing,
        administrator,
        "Adam",
        {"do": "rename", "name": "X{fresh}", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/people/<name>/parts"): form(
        "/admin/people/Promoted/parts",
        D.nothing,
        administrator,
        "Adam",
        {"role": "moderator", "language": "de", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/invitations"): form(
        "/admin/invitations",
        D.nothing,
        administrator,
        "Adam",
        {"uses": "2", "days": "9", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/invitations/<invitation_id>/revoke"): form(
        "/admin/invitations/{id}/revoke",
        D.site_invitation,
        administrator,
        "Adam",
        {"reason-{id}": "Yes."},
        SITE,
    ),
    ("POST", "/admin/sign-up-requests/<request_id>"): form(
        "/admin/sign-up-requests/{id}",
        D.sign_up_request,
        administrator,
        "Adam",
        {"answer": "decline", "reason-{id}": "No."},
        SITE,
    ),
    ("POST", "/admin/people/<name>/trust"): form(
        "/admin/people/Promoted/trust",
        D.nothing,
        administrator,
        "Adam",
        {"given": "member", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/terms"): form(
        "/admin/terms",
        D.nothing,
        administrator,
        "Adam",
        {"do": "add", "text": "{fresh}", "action": "flag", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/new-people"): form(
        "/admin/new-people",
        D.nothing,
        administrator,
        "Adam",
        {**dict.fromkeys(NUMBERS, "9"), "revision": "0", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/categories/<domain>"): form(
        "/admin/categories/talk",
        D.nothing,
        administrator,
        "Adam",
        {"slug": "{fresh}", "language": "en", "name": "More", "about": "More.", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/categories/<domain>/<slug>"): form(
        "/admin/categories/talk/help",
        D.nothing,
        administrator,
        "Adam",
        {"do": "text", "language": "fr", "name": "Aide", "about": "Aide.", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/categories/<domain>/<slug>/merge"): form(
        "/admin/categories/talk/{fresh}/merge",
        D.category,
        administrator,
        "Adam",
        {"do": "merge", "into": "help", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/tags/<tag>"): form(
        "/admin/tags/{fresh}",
        D.nothing,
        administrator,
        "Adam",
        {"do": "replace", "into": "another", "reason": "Yes."},
        SITE,
    ),
    ("POST", "/admin/site"): form(
        "/admin/site",
        D.nothing,
        administrator,
        "Adam",
        {
            "do": "tagline",
            "language": "fr",
            "tagline_text": "Ensemble",
            "revision": "0",
            "tagline_reason": "Yes.",
        },
        SITE,
    ),
}

OPEN = {
    ("POST", "/languages"): "sets a cookie of the browser",
    ("POST", "/api.php"): "only reads, as a stranger",
    ("POST", f"{API}/tokens"): "asks for the password",
    ("POST", f"{API}/reports"): "is for everybody; what one may not see can't be reported: test_reading.py",
    ("POST", "/report"): "is for everybody",
    ("POST", "/mail/<token>"): "asks for the secret of a mail: test_notification_mail.py",
    ("POST", "/mail/held/<token>"): "asks for the secret of a mail: test_replies_by_mail.py",
    ("POST", "/contact-moderators"): "is for everybody, and says nothing of who sends it",
    ("POST", "/settings/passkeys"): "asks for the password",
    ("POST", "/settings/passkeys/add"): "asks for what followed the password",
    ("POST", "/settings/passkeys/<passkey_id>"): "finds one's own alone: tests/unit/people/test_passkeys.py",
    ("POST", "/sign-in"): "asks for the password",
    ("POST", "/sign-in/code"): "asks for a code",
    ("POST", "/sign-in/confirm/<token>"): "asks for the secret of a mail",
    ("POST", "/sign-in/reset"): "is for everybody",
    ("POST", "/sign-in/reset/<token>"): "asks for the secret of a mail",
    ("POST", "/sign-in/wiki"): "is for everybody",
    ("POST", "/sign-in/wiki/ask"): "asks for what the wiki signed",
    ("POST", "/sign-in/wiki/link"): "asks for the password",
    ("POST", "/sign-in/wiki/name"): "asks for what the wiki signed",
    ("POST", "/sign-in/wiki/password"): "asks for what the wiki signed",
    ("POST", "/sign-in/wiki/withdraw"): "asks for what the wiki signed",
    ("POST", "/sign-out"): "ends one's own session",
    ("POST", "/sign-up"): "is for everybody",
}
"""What has no list of those who may not; of forms their token is tested all the same."""
