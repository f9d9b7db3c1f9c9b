"""Endpoints over several domains, as JSON."""

from __future__ import annotations

from typing import Literal

from contracts.blog import CategoryView
from contracts.common import Page
from contracts.forum import ForumCategory
from core.audience import Viewer
from gateway.api.common import whole
from gateway.api.router import Area
from gateway.api.schemas import Category
from gateway.request_context import services

area = Area("site")


@area.get("/categories")
def list_categories(viewer: Viewer) -> Page[Category]:
    """The categories of the blog and of the forum, named in the reader's language."""
    of_blog = [_category("news", one) for one in services().blog.categories(viewer)]
    of_forum = [_category("talk", one, one.official) for one in services().forum.categories(viewer)]
    return whole([*of_blog, *of_forum])


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
        follow=f"{section}/{one.slug}",
    )
