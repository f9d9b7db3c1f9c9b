"""Decisions of the blog: who may do what with an article, and what follows what."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from contracts.blog import ArticleStatus, BoardStep
from contracts.errors import Conflict, Forbidden, Invalid, invalid
from core import slugs
from core.audience import Viewer, group_of, may_see
from services.shared import powers
from services.shared.limits import limits_hold
from services.shared.powers import Part

STEPS: dict[BoardStep, tuple[frozenset[ArticleStatus], ArticleStatus]] = {
    "submit": (frozenset({"draft", "returned"}), "submitted"),
    "send_back": (frozenset({"submitted", "scheduled", "declined"}), "returned"),
    "decline": (frozenset({"submitted", "returned", "scheduled"}), "declined"),
    "publish": (frozenset({"submitted", "scheduled"}), "published"),
    "schedule": (frozenset({"submitted", "scheduled"}), "scheduled"),
}
"""The states from which each step may be taken, and the state it leads to. Nothing leads away from `published`."""

UNFINISHED: frozenset[ArticleStatus] = frozenset({"draft", "returned"})
"""States in which title, text and category may still be missing."""

ACCEPTED: frozenset[str] = frozenset({"scheduled", "published"})
"""States in which the board has accepted the article."""

TEXT_CHANGED = "text-changed"
"""Why an article goes back to the board by itself; also the code of the refusal to publish what was not read."""

FIELDS = ("title", "summary", "body", "category", "tags", "picture_id")
"""What can be changed of an article: the texts of one version, and what all versions share."""

OWN_SHARE = 0.5
"""A text with less than this of it from others is its writer's own."""

MOST_TAGS = 10
RESERVED_SLUGS = frozenset({"submit", "board", "new", "drafts", "category", "tag", "page", "feed"})
"""Slugs that are pages of their own below /news."""

_ID_SHAPE = re.compile(r"^0[0-9a-z]{15}$")
_PICTURE_ADDRESS = re.compile(r"/media/([0-9a-z]{16})")


def limited(viewer: Viewer) -> bool:
    """Whether flood limits hold: not for the board."""
    return limits_hold(viewer, "editor", "moderator")


def on_board(viewer: Viewer, part: Part) -> bool:
    """Whether the viewer decides over articles of this part: editors, also those of the article's original language
    and of its category; in a group its moderators, its editors, and editors of everything who are in it."""
    return powers.edits(viewer, part, "news")


def sits_on_board(viewer: Viewer) -> bool:
    """Whether there are articles for everyone over which the viewer decides: all, or those of a part."""
    return viewer.has("editor") or any(powers.delegated_parts(viewer, "news", "editor"))


def may_see_article(viewer: Viewer, status: str, part: Part, author_id: str) -> bool:
    """A published article is for its audience, a draft for the members in it, a declined one for author and board."""
    if not may_see(viewer, part.audience):
        return False
    if status == "published":
        return True
    if status == "declined":
        return viewer.person_id == author_id or on_board(viewer, part)
    return viewer.signed_in


def may_change(viewer: Viewer, status: str, part: Part, author_id: str) -> bool:
    """Whether the viewer may change an article that they see at once: before the board has accepted it any member, then
    the board; and the author of a scheduled one, which goes back to the board by that.

    What changes after publication waits for the board, also the author's change: else the text that was reviewed could
    be replaced by any other.
    """
    if not viewer.writes or status == "declined":
        return False
    if status not in ACCEPTED or on_board(viewer, part):
        return True
    return status == "scheduled" and viewer.person_id == author_id


def may_propose(viewer: Viewer, status: str, part: Part, author_id: str) -> bool:
    """Whether the viewer may propose a change of an article that they see: where they may not make it at once."""
    return viewer.writes and status in ACCEPTED and not may_change(viewer, status, part, author_id)


def check_may_change(viewer: Viewer, status: str, part: Part, author_id: str) -> None:
    """Raise `Forbidden` unless the viewer may change the article at once: with `review-needed` if they may propose the
    change."""
    if not may_change(viewer, status, part, author_id):
        proposes = may_propose(viewer, status, part, author_id)
        raise Forbidden("review-needed" if proposes else "not-your-article")


def check_category(viewer: Viewer, part: Part, author_id: str, category: str) -> None:
    """Who decides over a category alone doesn't bring others' articles into it. Raises
    `Forbidden("category-own-board")`."""
    gains = on_board(viewer, part._replace(category=category)) and not on_board(viewer, part)
    if gains and viewer.person_id != author_id:
        raise Forbidden("category-own-board")


def may_translate(viewer: Viewer, status: str) -> bool:
    """Whether the viewer may add a translation of an article that they see: any member, unless it was declined."""
    return viewer.writes and status != "declined"


def may_review(viewer: Viewer, translator_id: str | None, changed_by: str, reviewed: bool) -> bool:
    """Whether the viewer may mark a version as reviewed: a translation that they neither made nor last changed."""
    if translator_id is None or reviewed or not viewer.writes:
        return False
    return viewer.person_id not in (translator_id, changed_by)


def may_take_back(viewer: Viewer, status: str, author_id: str) -> bool:
    """Whether the viewer may delete an article that they see as its author: before the board has accepted it."""
    return viewer.person_id == author_id and viewer.writes and status not in ACCEPTED


def may_moderate(viewer: Viewer, part: Part) -> bool:
    """Whether the viewer may delete articles of this part, with a reason: the board, and moderators."""
    if on_board(viewer, part):
        return True
    return group_of(part.audience) is None and powers.moderates(viewer, part, "news")


def check_delete(viewer: Viewer, status: str, part: Part, author_id: str) -> bool:
    """Whether the viewer deletes an article as its author. Raises `Forbidden`, with the reason, unless they may."""
    if may_take_back(viewer, status, author_id):
        return True
    if not may_moderate(viewer, part):
        raise Forbidden("article-accepted" if viewer.person_id == author_id else "not-deleter")
    return False


def may_see_deleted(viewer: Viewer, part: Part, author_id: str) -> bool:
    """Whether the viewer, who is in its audience, sees that an article is deleted, and why."""
    return viewer.signed_in and (viewer.person_id == author_id or may_moderate(viewer, part))


def check_step(viewer: Viewer, step: BoardStep, status: str, part: Part, author_id: str) -> ArticleStatus:
    """The state after `step`. Raises `Forbidden` unless the viewer may take it, `Conflict` unless the state
    allows it."""
    if step != "submit":
        if not on_board(viewer, part):
            raise Forbidden("not-on-board")
        # In a group there may be nobody else to decide. A public article needs a second person.
        if (
            viewer.person_id == author_id
            and group_of(part.audience) is None
            and not viewer.has("administrator")
        ):
            raise Forbidden("own-article")
    allowed, leads_to = STEPS[step]
    if status not in allowed:
        raise Conflict("article-elsewhere", params={"status": status}, data={"status": status})
    return leads_to


def check_revision(read: int | None, reviewed: int | None, current: int) -> None:
    """Raise `Conflict` unless what the board accepts is what was read.

    `read` is the revision that the caller names; who names none accepts what was submitted or scheduled, `reviewed`.
    """
    if (reviewed if read is None else read) != current:
        raise Conflict(TEXT_CHANGED, data={"revision": current})


def share_of(earlier: str, text: str) -> float:
    """How much of a text is in an earlier one, from 0 to 1, by its sequences of five letters: in any script."""
    sequences = _sequences(text)
    return len(sequences & _sequences(earlier)) / len(sequences)


def _sequences(text: str) -> set[str]:
    joined = "".join(text.split())
    return {joined[at : at + 5] for at in range(max(1, len(joined) - 4))}


def may_submit(viewer: Viewer, part: Part, author_id: str, contributor_ids: Collection[str]) -> bool:
    """Whether the viewer may hand an article that they see to the board: who wrote it or helped, and the board."""
    return viewer.person_id in (author_id, *contributor_ids) or on_board(viewer, part)


def open_steps(
    viewer: Viewer, status: str, part: Part, author_id: str, contributor_ids: Collection[str]
) -> list[BoardStep]:
    """The board's steps that the viewer may take now."""
    found: list[BoardStep] = []
    for step in STEPS:
        try:
            check_step(viewer, step, status, part, author_id)
        except (Forbidden, Conflict):
            continue
        if step != "submit" or may_submit(viewer, part, author_id, contributor_ids):
            found.append(step)
    return found


def proposed_pictures(changes: Mapping[str, Any]) -> set[str]:
    """The ids of the pictures that a proposed change shows, at the article's head or in its text."""
    head = changes.get("picture_id")
    return picture_ids(changes.get("body", "")) | ({head} if head else set())


def conflicts(
    changes: Mapping[str, Any], replaced: Mapping[str, Any], current: Mapping[str, Any]
) -> list[str]:
    """The fields that a proposal changes and others have changed to something else since it was made."""
    return [
        name
        for name in FIELDS
        if name in changes and current.get(name) not in (replaced.get(name), changes[name])
    ]


def check_finished(title: str, body: str, category: str) -> None:
    """Raises `Invalid` with all that an article lacks for a review."""
    faults = [
        fault
        for text, field in ((title, "title"), (body, "body"), (category, "category"))
        if not text.strip()
        for fault in invalid(field, f"{field}-missing").faults
    ]
    if faults:
        raise Invalid(faults=faults)


def slug_candidates(title: str, article_id: str, audience: str, published: bool) -> list[str]:
    """Slugs to try for a title, the best first; the last one is always free.

    The article of a group, and one that is not published yet, always has a part of its id in its slug: a number after a
    taken slug would reveal to an outsider that there is an article of that title, and the slug could be guessed.
    """
    base = slugs.slug(title)
    if not base:
        return [article_id]
    sure = f"{base}-{article_id[-8:]}"
    if not published or group_of(audience) is not None or base in RESERVED_SLUGS or _ID_SHAPE.match(base):
        return [sure, f"{base}-{article_id}"]
    return [base, *(f"{base}-{number}" for number in range(2, 6)), sure, f"{base}-{article_id}"]


def picture_ids(body: str) -> set[str]:
    """The ids of our own pictures that a text shows."""
    return set(_PICTURE_ADDRESS.findall(body))
