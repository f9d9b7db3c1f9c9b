"""Endpoints over several domains, as JSON."""

from __future__ import annotations

from typing import Literal

from contracts.blog import CategoryView
from contracts.common import Page
from contracts.deletion import DeletionLine
from contracts.forum import ForumCategory
from core.audience import Viewer
from gateway.api.common import whole
from gateway.api.router import Area
from gateway.api.schemas import Category, DeletionQuery
from gateway.request_context import services

area = Area("site")


@area.get("/categories")
def list_categories(viewer: Viewer) -> Page[Category]:
    """The categories of the blog and of the forum, named in the reader's language."""
    of_blog = [_category("news", one) for one in services().blog.categories(viewer)]
    of_forum = [_category("talk", one, one.official) for one in services().forum.categories(viewer)]
    return whole([*of_blog, *of_forum])


@area.get("/deletions", scope="moderate")
def list_deletions(viewer: Viewer, query: DeletionQuery) -> Page[DeletionLine]:
    """The log of deletions of one kind, for those who moderate it, the newest first."""
    api = services()
    logs = {
        "topic": api.forum.topic_deletions,
        "post": api.forum.post_deletions,
        "article": api.blog.article_deletions,
        "event": api.events.event_deletions,
    }
    return logs[query.kind](viewer, query.cursor, query.limit)


def _category(
    section: Literal["news", "talk"], one: CategoryView | ForumCategory, official: bool = False
) -> Category:
    return Category(
        section=section,
        slug=one.slug,
        name=one.name,
        about=one.about,
        language=one.language,
        official=official,
        closed=one.closed,
        follow=f"{section}/{one.slug}",
    )
