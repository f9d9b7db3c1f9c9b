"""Redirects from a category that was merged into another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar
from urllib.parse import quote

from werkzeug.wrappers import Response

from contracts.blog import ArticleLine, ArticleQuery
from contracts.common import Page
from contracts.errors import NotFound
from contracts.forum import TopicLine, TopicQuery
from core.audience import Viewer
from gateway.paths import talk_category_path
from gateway.redirects import redirect_to_page
from gateway.request_context import services, viewer

Domain = Literal["news", "talk"]
Q = TypeVar("Q", ArticleQuery, TopicQuery)
L = TypeVar("L", ArticleLine, TopicLine)


def slug_now(me: Viewer, domain: Domain, slug: str) -> str | None:
    """The slug of the category that this one was merged into; None if it was not."""
    api = services()
    try:
        return (api.blog if domain == "news" else api.forum).category_now(me, slug)
    except NotFound:
        return None


def to_category_now(domain: Domain, slug: str) -> Response:
    """Redirect to the category that this one was merged into, for good. Raises `NotFound` if it was not."""
    now = slug_now(viewer(), domain, slug)
    if now is None:
        raise NotFound
    path = talk_category_path(now) if domain == "talk" else f"/news?category={quote(now, safe='')}"
    return redirect_to_page(path, 301)


def read_category_now(me: Viewer, domain: Domain, query: Q, read: Callable[[Viewer, Q], Page[L]]) -> Page[L]:
    """What `read` returns; of a category that was merged into another one, what it returns of that."""
    page = read(me, query)
    if page.items or query.category is None:
        return page
    now = slug_now(me, domain, query.category)
    return page if now is None else read(me, query.model_copy(update={"category": now}))
