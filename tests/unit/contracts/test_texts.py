"""Every text that people write is cleaned where it comes in, in the commands of all services."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contracts import administration, blog, events, forum, moderation, people, site
from contracts.common import Command
from contracts.validation import faults_of

WRITTEN = (
    *("title", "summary", "body", "remark", "name", "about", "label", "display_name", "place_name"),
    *("venue", "online_url", "alt", "author", "licence", "source", "words", "note", "tagline", "conduct"),
)
# Those of them that are shown as Markdown, or from which Markdown is made.
MARKDOWN = ("body", "summary", "about")
# Names of accounts: a new one is refused rather than cleaned (tests/unit/people/test_rules.py), others are compared.
ACCOUNTS = {(model, "name") for model in ("Register", "SignIn", "SignInWithCode", "CreateToken")}


def written_fields() -> list[tuple[type[BaseModel], str]]:
    """The fields of commands that hold what people write."""
    modules: tuple[ModuleType, ...] = (administration, blog, events, forum, moderation, people, site)
    commands = {
        model
        for module in modules
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, Command) and not model.__name__.endswith("Query")
    }
    return sorted(
        (
            (model, field)
            for model in commands
            for field in model.model_fields
            if field in WRITTEN and (model.__name__, field) not in ACCOUNTS
        ),
        key=lambda found: (found[0].__name__, found[1]),
    )


def codes(model: type[BaseModel], field: str, value: Any) -> list[str]:
    """The codes of the faults of one field."""
    try:
        model.model_validate({field: value})
    except ValidationError as error:
        return [fault.code for fault in faults_of(error) if fault.field == field]
    return []


def stored(model: type[BaseModel], field: str, value: str) -> str:
    """The value as the command has it."""
    annotation = model.model_fields[field]
    adapted: Any = type("One", (BaseModel,), {"__annotations__": {field: annotation.rebuild_annotation()}})
    return str(getattr(adapted.model_validate({field: value}), field))


def named(found: Any) -> str | None:
    return found.__name__ if isinstance(found, type) else None


@pytest.mark.parametrize(("model", "field"), written_fields(), ids=named)
def test_no_override_of_the_direction_is_stored(model: type[BaseModel], field: str) -> None:
    assert stored(model, field, "ab\u202ecd\x08ef") == "abcdef"


@pytest.mark.parametrize(("model", "field"), written_fields(), ids=named)
def test_what_cannot_be_seen_counts_as_nothing(model: type[BaseModel], field: str) -> None:
    nothing = codes(model, field, "")
    for text in ("\u200b\u200b", "\u3164", " \n ", "\u2800"):
        assert codes(model, field, text) == nothing


@pytest.mark.parametrize(("model", "field"), written_fields(), ids=named)
def test_what_is_no_text_is_named_so(model: type[BaseModel], field: str) -> None:
    assert codes(model, field, "\ud800") == ["text-broken"]
    assert codes(model, field, 5) == ["type-wrong"]


@pytest.mark.parametrize(
    ("model", "field"), [found for found in written_fields() if found[1] in MARKDOWN], ids=str
)
def test_markdown_that_makes_too_much_work_is_refused(model: type[BaseModel], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model(**{field: ">" * 50 + " deep"})
    faults = {fault.field: fault for fault in faults_of(refused.value)}
    assert (faults[field].code, faults[field].params) == ("markup-nested", {"limit": 40})
