"""What several domains have together, as JSON."""

from __future__ import annotations

from contracts.common import Page
from core.audience import Viewer
from gateway.api.common import whole
from gateway.api.router import Area
from gateway.api.schemas import Category
from gateway.request_context import services

area = Area("site")


@area.get("/categories")
def list_categories(viewer: Viewer) -> Page[Category]:
    """The categories of the blog and of the forum, named in the reader's language."""
    of_blog = [
        Category(
            section="news",
            slug=one.slug,
            name=one.name,
            about=one.about,
            language=one.language,
            follow=f"news/{one.slug}",
        )
        for one in services().blog.categories(viewer)
    ]
    of_forum = [
        Category(
            section="talk",
            slug=one.slug,
            name=one.name,
            about=one.about,
            language=one.language,
            official=one.official,
            follow=f"talk/{one.slug}",
        )
        for one in services().forum.categories(viewer)
    ]
    return whole([*of_blog, *of_forum])
