"""Who has power over what: roles of everything, of a part of the site, and of a group.

Over what is of a group its own moderators and editors alone have power. Over the rest have it who holds a role for
everything, or for the part that the item is in: its original language, with all variants of that, or its category.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from contracts.errors import Forbidden
from core.audience import (
    MEMBERS,
    PUBLIC,
    Role,
    Viewer,
    audiences,
    group_audience,
    group_of,
    part_of_category,
    part_of_language,
)
from core.languages import broader, narrower

Domain = Literal["", "talk", "news"]
"""The service whose categories are meant, as addresses name it; `""` where there are none."""


class Part(NamedTuple):
    """The part of the site that an item is in. `language` is its original's; `category` a slug, `""` for none."""

    audience: str
    language: str = ""
    category: str = ""


def part_of(row: Any) -> Part:
    """The part that a row of an item is in: a mapped object or columns."""
    return Part(row.audience, row.original_language, getattr(row, "category", None) or "")


def holds(viewer: Viewer, role: Role, part: Part, domain: Domain = "") -> bool:
    """Whether the viewer has a role for everything, or for the part that an item is in, which is not of a group."""
    if viewer.has(role):
        return True
    # Nearly nobody has any: no more is done for them.
    return bool(viewer.delegated) and any(
        f"{role}:{each}" in viewer.delegated for each in parts_of(part, domain)
    )


def held_part(viewer: Viewer, part: Part, domain: Domain) -> str:
    """The part for which a viewer moderates an item that they don't moderate by a role for everything, or `""`."""
    if viewer.has("moderator") or group_of(part.audience) is not None:
        return ""
    held = (each for each in reversed(parts_of(part, domain)) if f"moderator:{each}" in viewer.delegated)
    return next(held, "")


def is_archived(viewer: Viewer, audience: str) -> bool:
    """Whether it is the audience of a group of the viewer's in which nothing is written any more."""
    return bool(viewer.archived) and group_of(audience) in viewer.archived


def check_not_archived(viewer: Viewer, audience: str) -> None:
    """Raise `Forbidden("group-archived")` to who would write in an archived group."""
    if is_archived(viewer, audience):
        raise Forbidden("group-archived")


def moderates(viewer: Viewer, part: Part, domain: Domain = "") -> bool:
    """Whether the viewer moderates what is in this part."""
    if not viewer.may("moderate"):
        return False
    group = group_of(part.audience)
    return holds(viewer, "moderator", part, domain) if group is None else group in viewer.moderates


def edits(viewer: Viewer, part: Part, domain: Domain = "") -> bool:
    """Whether the viewer decides over articles in this part: in a group its moderators, and editors inside it."""
    group = group_of(part.audience)
    if group is None:
        return holds(viewer, "editor", part, domain)
    if group in viewer.moderates:
        return True
    return group in viewer.groups and (viewer.has("editor") or edits_group(viewer, group))


def edits_group(viewer: Viewer, group_id: str) -> bool:
    """Whether the viewer is an editor of this group's articles."""
    return f"editor:{group_audience(group_id)}" in viewer.delegated


def moderated_audiences(viewer: Viewer) -> list[str]:
    """The audiences of which the viewer moderates everything."""
    if not viewer.may("moderate"):
        return []
    site = [PUBLIC, MEMBERS] if viewer.has("moderator") else []
    return [*site, *map(group_audience, sorted(viewer.moderates))]


def edited_audiences(viewer: Viewer) -> list[str]:
    """The audiences of which the viewer decides over every article."""
    if viewer.has("editor"):
        return audiences(viewer)
    inside = (group for group in viewer.groups if edits_group(viewer, group)) if viewer.delegated else ()
    return [group_audience(group) for group in sorted(viewer.moderates.union(inside))]


def moderated(viewer: Viewer, domain: Domain = "") -> dict[str, list[str]]:
    """What the viewer moderates, as values for `core.power_rows.in_power`."""
    languages, categories = delegated_parts(viewer, domain, "moderator")
    found = {"moderated": moderated_audiences(viewer), "moderated_languages": languages}
    return {**found, "moderated_categories": categories} if domain else found


def delegated_parts(viewer: Viewer, domain: Domain, *roles: Role) -> tuple[list[str], list[str]]:
    """The languages, and the categories of a domain, for which the viewer has one of these roles. The variants of a
    language are named too."""
    languages: list[str] = []
    categories: list[str] = []
    for power in sorted(viewer.delegated) if viewer.may("moderate") else ():
        role, kind, name = power.split(":", 2)
        if role in roles and kind == "language":
            languages.extend(narrower(name))
        elif role in roles and kind == domain:
            categories.append(name)
    return list(dict.fromkeys(languages)), categories


def parts_of(part: Part, domain: Domain) -> tuple[str, ...]:
    """The parts that an item is in, as roles for a part name them: of its language, from the broadest that it is a
    variant of, and of its category."""
    of_language = tuple(map(part_of_language, broader(part.language)))
    if not part.category or not domain:
        return of_language
    return (*of_language, part_of_category(domain, part.category))
