"""Helpers of several areas of the API: parameters of a request become queries of the contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from contracts.common import Command, Page
from contracts.errors import invalid
from core.audience import Viewer
from gateway.api.schemas import ListQuery
from gateway.forms import build
from gateway.request_context import known_language, services

T = TypeVar("T")
Q = TypeVar("Q", bound=Command)

NOBODY = "0" * 16
"""An id that nobody has, so that a list by an unknown author is empty."""


def person_id(viewer: Viewer, name: str | None) -> str | None:
    """The id of the person with this name, `NOBODY` if there is none; None for None."""
    if name is None:
        return None
    cards = services().people.cards_by_name(viewer, [name])
    return cards[0].id if cards else NOBODY


def group_audience_of(viewer: Viewer, slug: str | None) -> str | None:
    """The audience of a group's content; None for None. Raises `NotFound` if the viewer may not know of the group."""
    return None if slug is None else services().people.group(viewer, slug).audience


def language_of(code: str | None) -> str | None:
    """The stored form of a language code. Other texts are returned unchanged: they match nothing."""
    return None if code is None else known_language(code) or code


def language_in_path(code: str) -> str:
    """The language of a version to be written. Raises `Invalid` with the fault `language-unknown`."""
    known = known_language(code)
    if known is None:
        raise invalid("language", "language-unknown")
    return known


RESOLVERS: Mapping[str, Callable[[Viewer, str], str | None]] = {
    "author": person_id,
    "attending": person_id,
    "group": group_audience_of,
    "lang": lambda viewer, code: language_of(code),
    "spoken": lambda viewer, code: language_of(code),
}
"""By a parameter's name, what converts its value to the one that the contract takes."""


def contract_query(contract: type[Q], viewer: Viewer, query: ListQuery) -> Q:
    """The contract's query for a request's parameters: names and slugs become ids, language codes their stored form.

    Raises `NotFound` for a group that the viewer may not know of, and `Invalid` if the contract refuses a value.
    """
    given: dict[str, Any] = {}
    for name, field in type(query).model_fields.items():
        value = getattr(query, name)
        resolve = RESOLVERS.get(name)
        if resolve is not None and value is not None:
            value = (
                [resolve(viewer, one) for one in value] if isinstance(value, list) else resolve(viewer, value)
            )
        given[field.serialization_alias or name] = value
    return build(contract, **given)


def parameter_names(query: type[BaseModel] | None) -> dict[str, str]:
    """Maps the contract's fields to the parameters of `query`, where the names differ."""
    fields = query.model_fields.items() if query is not None else ()
    return {field.serialization_alias: name for name, field in fields if field.serialization_alias}


def whole(items: Iterable[T]) -> Page[T]:
    """A complete list as the only page."""
    return Page(items=list(items))
