"""Every decision of `services.shared.powers`, over all audiences, parts, roles and ways to be limited."""

from __future__ import annotations

from itertools import product

import pytest

from core.audience import MEMBERS, PUBLIC, STRANGER, Viewer, group_audience
from services.shared import powers
from services.shared.powers import Domain, Part
from tests.unit.users import (
    ADMIN,
    AMIRA,
    CIRCLE,
    EDITOR,
    GROUP,
    GROUP_MODERATOR,
    INSIDER,
    MODERATOR,
    person,
)

OTHER = group_audience("0other0000000000")
AUDIENCES = (PUBLIC, MEMBERS, CIRCLE, OTHER)
LANGUAGES = ("de", "de-at", "en", "zh", "zh-hans", "zh-hant", "zh-tw", "yue")
CATEGORIES = ("", "general", "other")
DOMAINS: tuple[Domain, ...] = ("", "talk", "news")
ROLES = ("moderator", "editor")
NAMED = ("language:de", "language:zh-hant", "language:zh", "talk:general", "news:general")
INSIDE = {
    "language:de": ("de", "de-at"),
    "language:zh-hant": ("zh-hant", "zh-tw"),
    "language:zh": ("zh", "zh-hans", "zh-hant", "zh-tw"),
}
HOLDERS = tuple(
    person(f"{role[:3]}{number}", delegated=frozenset({f"{role}:{part}"}))
    for role, (number, part) in product(ROLES, enumerate(NAMED))
)
GROUP_EDITOR = person("gedit", groups=frozenset({GROUP}), delegated=frozenset({f"editor:{CIRCLE}"}))
EVERYBODY = (STRANGER, AMIRA, EDITOR, INSIDER, GROUP_MODERATOR, GROUP_EDITOR, MODERATOR, ADMIN, *HOLDERS)
CASES = [
    (Part(audience, language, category), domain)
    for audience, language, category, domain in product(AUDIENCES, LANGUAGES, CATEGORIES, DOMAINS)
]


def is_in(part: Part, domain: Domain, name: str) -> bool:
    """Whether an item is in the part with this name, said another way."""
    kind, _, what = name.partition(":")
    return part.language in INSIDE[name] if kind == "language" else kind == domain and part.category == what


def expected(viewer: Viewer, role: str, part: Part, domain: Domain) -> bool:
    if part.audience == CIRCLE:
        return viewer is GROUP_MODERATOR or (role == "editor" and viewer is GROUP_EDITOR)
    if part.audience == OTHER:
        return False
    if role in viewer.roles or "administrator" in viewer.roles:
        return True
    held = (power.partition(":")[::2] for power in viewer.delegated)
    return any(of == role and is_in(part, domain, name) for of, name in held)


@pytest.mark.parametrize("viewer", EVERYBODY, ids=lambda viewer: viewer.name or "stranger")
def test_who_moderates_and_edits_what(viewer: Viewer) -> None:
    reading = viewer.model_copy(update={"scopes": frozenset({"read", "write"})})
    for part, domain in CASES:
        assert powers.moderates(viewer, part, domain) is expected(viewer, "moderator", part, domain), part
        assert powers.edits(viewer, part, domain) is expected(viewer, "editor", part, domain), part
        assert not powers.moderates(reading, part, domain)
        held = powers.held_part(viewer, part, domain)
        whole = "moderator" in viewer.roles or viewer is ADMIN or part.audience in (CIRCLE, OTHER)
        assert bool(held) is (not whole and powers.moderates(viewer, part, domain))
        assert held == "" or held in powers.parts_of(part, domain)


@pytest.mark.parametrize("viewer", EVERYBODY, ids=lambda viewer: viewer.name or "stranger")
def test_the_lists_for_statements_say_the_same(viewer: Viewer) -> None:
    for part, domain in CASES:
        audiences = powers.moderated_audiences(viewer)
        languages, categories = powers.delegated_parts(viewer, domain, "moderator")
        in_part = part.language in languages or (part.category in categories)
        listed = part.audience in audiences or (part.audience in (PUBLIC, MEMBERS) and in_part)
        assert listed is powers.moderates(viewer, part, domain), (part, domain)
        audiences = powers.edited_audiences(viewer)
        languages, categories = powers.delegated_parts(viewer, domain, "editor")
        in_part = part.language in languages or (part.category in categories)
        listed = part.audience in audiences or (part.audience in (PUBLIC, MEMBERS) and in_part)
        assert listed is powers.edits(viewer, part, domain), (part, domain)


def test_editors_of_everything_edit_in_the_groups_that_they_are_in() -> None:
    inside = person("edin", "editor", groups=frozenset({GROUP}))
    assert powers.edits(inside, Part(CIRCLE), "news")
    assert not powers.edits(inside, Part(OTHER), "news")
    outside = person("gone", delegated=frozenset({f"editor:{CIRCLE}"}))
    assert not powers.edits(outside, Part(CIRCLE), "news"), "who left the group keeps nothing there"
    assert powers.edited_audiences(outside) == []


def test_a_viewer_without_such_roles_is_sent_as_before_there_were_any() -> None:
    assert "delegated" not in MODERATOR.model_dump()
    assert Viewer.model_validate_json(HOLDERS[0].model_dump_json()) == HOLDERS[0]


@pytest.mark.parametrize(
    ("viewer", "handles", "in_office"),
    [
        (STRANGER, False, False),
        (AMIRA, False, False),
        (INSIDER, False, False),
        (EDITOR, False, True),
        (GROUP_EDITOR, False, True),
        (GROUP_MODERATOR, True, True),
        (MODERATOR, True, True),
        (ADMIN, True, True),
        (HOLDERS[0], True, True),
        (HOLDERS[-1], False, True),
    ],
)
def test_who_has_a_queue_of_reports_and_who_has_any_power(
    viewer: Viewer, handles: bool, in_office: bool
) -> None:
    assert (viewer.handles_reports, viewer.in_office) == (handles, in_office)


def test_a_decision_is_of_the_narrowest_part_that_one_has() -> None:
    both = person("both", delegated=frozenset({"moderator:language:zh", "moderator:language:zh-hant"}))
    for language, part in (("zh-tw", "zh-hant"), ("zh-hant", "zh-hant"), ("zh-cn", "zh"), ("zh", "zh")):
        assert powers.held_part(both, Part(PUBLIC, language), "talk") == f"language:{part}"
    assert powers.delegated_parts(both, "", "moderator")[0].count("zh-tw") == 1
