"""From a row to a view of it, where the two have fields of the same names."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from contracts.common import View

V = TypeVar("V", bound=View)


def view_of(view: type[V], row: Any, **computed: Any) -> V:
    """A view of a row of a mapped class: the fields in `computed` as given, the others from the row's columns.

    Raises pydantic's `ValidationError` for a field that is neither and has no default.
    """
    columns = {name: getattr(row, name) for name in _shared_names(view, type(row)) if name not in computed}
    return view.model_validate({**columns, **computed})


@cache
def _shared_names(view: type[View], mapped: Any) -> tuple[str, ...]:
    columns = mapped.__table__.columns
    return tuple(name for name in view.model_fields if name in columns)
