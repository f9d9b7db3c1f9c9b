"""Decisions of the forum: who may do what with topics and posts, and what a text refers to."""

from __future__ import annotations

import re

from contracts.errors import Forbidden, NotFound
from core import slugs
from core.audience import PUBLIC, Viewer, may_see
from core.markup import mentions, tokens_of
from services.shared import powers
from services.shared.limits import limits_hold
from services.shared.powers import Part

MOST_TAGS = 10
CATEGORIES_OF_A_GROUP = 30

_POST_ADDRESS = re.compile(r"^/talk/p/([0-9a-z]{16})$")


def limited(viewer: Viewer) -> bool:
    """Whether flood limits hold: not for moderators."""
    return limits_hold(viewer, "moderator")


def check_audience(viewer: Viewer, audience: str) -> None:
    """`NotFound` for an audience of what the viewer may not see, as for one that never was; `Forbidden` in an archived
    group."""
    if not may_see(viewer, audience):
        raise NotFound()
    powers.check_not_archived(viewer, audience)


def moderates(viewer: Viewer, part: Part) -> bool:
    """Whether the viewer moderates topics of this part, with their posts: in a group its own moderators, elsewhere
    those of the site, of the topic's original language and of its category."""
    return powers.moderates(viewer, part, "talk")


def may_write_in(viewer: Viewer, part: Part, closed: bool) -> bool:
    """Whether the viewer may reply in a topic that they see."""
    return viewer.writes and (not closed or moderates(viewer, part))


def may_translate(
    viewer: Viewer, part: Part, closed: bool, follows_article: bool, first_post_deleted: bool
) -> bool:
    """Whether the viewer may add a translation of a topic that they see."""
    if follows_article or first_post_deleted:
        return False
    return may_write_in(viewer, part, closed)


def check_translate(
    viewer: Viewer, part: Part, closed: bool, follows_article: bool, first_post_deleted: bool
) -> None:
    """`Forbidden`, with the reason, unless `may_translate`."""
    if may_translate(viewer, part, closed, follows_article, first_post_deleted):
        return
    if follows_article:
        raise Forbidden("follows-article")
    raise Forbidden("topic-closed" if not may_write_in(viewer, part, closed) else "post-deleted")


def may_edit(viewer: Viewer, part: Part, author_id: str, closed: bool, follows_article: bool) -> bool:
    """Whether the viewer may change a topic or post that they see: its author while it is open, and moderators.

    What opens an article's discussion follows the article; nobody changes it here.
    """
    if follows_article or not viewer.writes:
        return False
    return moderates(viewer, part) or (viewer.person_id == author_id and not closed)


def check_edit(viewer: Viewer, part: Part, author_id: str, closed: bool, follows_article: bool) -> None:
    """`Forbidden`, with the reason, unless `may_edit`."""
    if may_edit(viewer, part, author_id, closed, follows_article):
        return
    if follows_article:
        raise Forbidden("follows-article")
    raise Forbidden("topic-closed" if viewer.person_id == author_id else "not-your-post")


def may_take_back(
    viewer: Viewer, part: Part, author_id: str, closed: bool, follows_article: bool, answered: bool
) -> bool:
    """Whether the viewer may delete a topic that they see as its author: an open one that nobody else has answered."""
    own = may_edit(viewer, part, author_id, closed, follows_article) and viewer.person_id == author_id
    return own and not answered


def check_delete(
    viewer: Viewer, part: Part, author_id: str, closed: bool, follows_article: bool, answered: bool
) -> bool:
    """Whether the viewer deletes a topic as its author. Raises `Forbidden`, with the reason, unless they may at all."""
    if may_take_back(viewer, part, author_id, closed, follows_article, answered):
        return True
    if moderates(viewer, part):
        return False
    if viewer.person_id != author_id or follows_article:
        raise Forbidden("not-deleter")
    raise Forbidden("topic-closed" if closed else "topic-answered")


def may_see_deleted(viewer: Viewer, part: Part, author_id: str) -> bool:
    """Whether the viewer, who is in its audience, sees that a topic is deleted, and why: its author and moderators."""
    return viewer.person_id == author_id or moderates(viewer, part)


def may_open_in(viewer: Viewer, category: str, official: bool) -> bool:
    """Whether the viewer may open topics in a category: in an official one editors and moderators, also its own."""
    if not viewer.writes or not official:
        return viewer.writes
    here = Part(PUBLIC, category=category)
    return any(powers.holds(viewer, role, here, "talk") for role in ("editor", "moderator"))


def check_official(viewer: Viewer, category: str, official: bool) -> None:
    """`Forbidden` unless `may_open_in`."""
    if not may_open_in(viewer, category, official):
        raise Forbidden("category-official")


def topic_slug(title: str, topic_id: str) -> str:
    """The readable end of a topic's address."""
    return slugs.slug(title) or topic_id


def mentioned(body: str) -> list[str]:
    """The names that a text mentions. Most texts mention nobody and need not be parsed for it."""
    return mentions(body) if "@" in body else []


def quoted_ids(body: str) -> list[str]:
    """The posts that a text quotes, each once, in order: links to `/talk/p/<id>` in the first line of block quotes.

    What a quoted text quotes in its turn is not quoted by this one, and so nobody is notified of it again.
    """
    if "/talk/p/" not in body:
        return []
    found: dict[str, None] = {}
    quotes, opens_quote = 0, False
    for token in tokens_of(body) or ():
        if token.type.startswith("blockquote_"):
            quotes += token.nesting
            opens_quote = token.nesting == 1 and quotes == 1
        elif token.type == "inline":
            for child in token.children or ():
                match = _POST_ADDRESS.match(str(child.attrs.get("href", "")))
                if match and opens_quote:
                    found[match[1]] = None
            opens_quote = False
    return list(found)


def discussion_body(title: str, summary: str, address: str) -> str:
    """The first post of an article's topic: its summary, and a link to it."""
    label = re.sub(r"([\\\[\]*_`<>])", r"\\\1", title)
    link = f"[{label}]({address})"
    return f"{summary.strip()}\n\n{link}" if summary.strip() else link
