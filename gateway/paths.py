"""The addresses of pages, for templates, redirects and feeds."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urlencode, urlsplit

from core.pictures import picture_path, picture_srcset


def parts_of(address: str) -> SplitResult:
    """The parts of an address that a client sent, each `""` for one that is no address, such as `//[`."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


def search_path(text: str) -> str:
    """What a search finds."""
    return f"/search?{urlencode({'q': text})}"


def article_path(slug: str) -> str:
    """An article's page."""
    return f"/news/{quote(slug, safe='')}"


def proposal_path(proposal_id: str) -> str:
    """A proposed change of an article."""
    return f"/news/board/proposals/{proposal_id}"


def topic_path(topic_id: str, slug: str = "", post_id: str | None = None) -> str:
    """A topic's page, or one post in it."""
    path = f"/talk/t/{topic_id}/{quote(slug, safe='')}" if slug else f"/talk/t/{topic_id}"
    return f"{path}#p{post_id}" if post_id else path


def post_path(post_id: str) -> str:
    """An address that redirects to a post in its topic."""
    return f"/talk/p/{post_id}"


def talk_category_path(slug: str) -> str:
    """The topics of one category."""
    return f"/talk/c/{quote(slug, safe='')}"


def event_path(event_id: str, slug: str = "", occurrence: str | None = None) -> str:
    """An event's page, at one of its dates if it has several."""
    path = f"/events/{event_id}/{quote(slug, safe='')}" if slug else f"/events/{event_id}"
    return f"{path}?date={occurrence}" if occurrence else path


def group_path(slug: str) -> str:
    """A group's page."""
    return f"/groups/{quote(slug, safe='')}"


def person_path(name: str) -> str:
    """A person's page."""
    return f"/people/{quote(name, safe='')}"


def tag_path(tag: str) -> str:
    """Everything with one tag."""
    return f"/tags/{quote(tag, safe='')}"


def report_path(path: str) -> str:
    """The page that reports what is at `path`."""
    return f"/report?of={quote(path, safe='/')}"


def decision_path(decision_id: str, key: str = "") -> str:
    """A decision of moderators, for the person concerned; `key` opens it to who can't sign in."""
    path = f"/decisions/{quote(decision_id, safe='')}"
    return f"{path}?key={quote(key, safe='')}" if key else path


def held_path(area: str, held_id: str) -> str:
    """What waits for review, in `talk` or `events`."""
    return f"/held/{area}/{quote(held_id, safe='')}"


ALL = (
    article_path, proposal_path, topic_path, post_path, talk_category_path, event_path, group_path, person_path,
    tag_path, report_path, decision_path, held_path, picture_path, picture_srcset,
)  # fmt: skip
