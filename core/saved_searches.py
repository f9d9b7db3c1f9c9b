"""What a search that people follow is known by, in all services: its text in one spelling, and an id made of it."""

from __future__ import annotations

import hashlib

from core.search_syntax import AnyOf, Not, parse

LONGEST = 300
"""The most characters of a search."""


def canonical(text: str) -> str:
    """The text of a search without spaces that change nothing."""
    return " ".join(text.split())


def is_narrow(text: str) -> bool:
    """Whether items must have something to match a search: not only lack something, or be of some time."""
    query = parse(text)
    wanted = any(each.name not in ("before", "after") for each in query.filters)
    return wanted or any(
        not any(isinstance(each, Not) for each in (node.nodes if isinstance(node, AnyOf) else (node,)))
        for node in query.nodes
    )


def search_id(text: str) -> str:
    """The id of a search, of 24 characters. `text` is canonical."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
