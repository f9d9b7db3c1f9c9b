"""The filters that list, month and map share."""

from __future__ import annotations

from contracts.events import EventQuery
from gateway.forms import Form, build

FILTERS = ("tag", "format", "country", "spoken")


def query_of(form: Form, limit: int = 30) -> EventQuery:
    """The query for the parameters of a page. Raises `Invalid`."""
    country = form.optional("country")
    return build(
        EventQuery,
        tag=form.optional("tag"),
        format=form.optional("format"),
        country=country.upper() if country else None,
        spoken=form.optional("spoken"),
        after=form.optional("after"),
        limit=limit,
    )


def filtered(form: Form) -> bool:
    """Whether any filter is set."""
    return any(form.text(name) for name in FILTERS)
