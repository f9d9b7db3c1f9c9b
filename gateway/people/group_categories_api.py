"""The categories that belong to a group, as JSON."""

from __future__ import annotations

from contracts.common import Command, LanguageCode, Page
from contracts.errors import NotFound
from contracts.forum import ForumCategory
from contracts.group_categories import AddGroupCategory, CategoryAbout, CategoryName, SetGroupCategory
from contracts.people import GroupView
from contracts.removed_categories import MergeCategory, RemoveCategory
from core.audience import Viewer
from gateway.api.common import whole
from gateway.api.router import Area
from gateway.request_context import services

area = Area("groups")


class GroupCategoryBody(Command):
    """A new category of a group, named and described in one language."""

    language: LanguageCode
    name: CategoryName
    about: CategoryAbout = ""


@area.get("/groups/{slug}/categories")
def list_group_categories(viewer: Viewer, slug: str) -> Page[ForumCategory]:
    """The group's own categories, for those inside it."""
    return whole(_categories(viewer, _group(viewer, slug)))


@area.post("/groups/{slug}/categories", status=201)
def add_group_category(viewer: Viewer, slug: str, body: GroupCategoryBody) -> ForumCategory:
    """Add a category to a group (its moderators)."""
    group = _group(viewer, slug)
    command = AddGroupCategory(audience=group.audience, **body.model_dump())
    return _category(viewer, group, services().forum.add_group_category(viewer, command))


@area.patch("/groups/{slug}/categories/{category}")
def change_group_category(viewer: Viewer, slug: str, category: str, body: SetGroupCategory) -> ForumCategory:
    """Name or describe a group's category in one language, close it, or open it again (its moderators)."""
    group = _group(viewer, slug)
    _category(viewer, group, category)
    services().forum.set_group_category(viewer, category, body)
    return _category(viewer, group, category)


@area.post("/groups/{slug}/categories/{category}/merge", scope="moderate")
def merge_group_category(viewer: Viewer, slug: str, category: str, body: MergeCategory) -> ForumCategory:
    """Move all topics of a group's category into another one of the group, and remove it (its moderators)."""
    group = _group(viewer, slug)
    _category(viewer, group, category)
    services().forum.merge_category(viewer, category, body)
    return _category(viewer, group, body.into)


@area.delete("/groups/{slug}/categories/{category}", scope="moderate")
def remove_group_category(viewer: Viewer, slug: str, category: str, query: RemoveCategory) -> None:
    """Remove a group's category that has no topics (its moderators)."""
    _category(viewer, _group(viewer, slug), category)
    services().forum.remove_category(viewer, category, query)


def _group(viewer: Viewer, slug: str) -> GroupView:
    return services().people.group(viewer, slug)


def _categories(viewer: Viewer, group: GroupView) -> list[ForumCategory]:
    return [each for each in services().forum.categories(viewer) if each.audience == group.audience]


def _category(viewer: Viewer, group: GroupView, slug: str) -> ForumCategory:
    """The group's category with this slug. Raises `NotFound`."""
    found = next((each for each in _categories(viewer, group) if each.slug == slug), None)
    if found is None:
        raise NotFound()
    return found
