"""From a row to a view of it, where the two have fields of the same names."""

from __future__ import annotations

from typing import Any, TypeVar

from contracts.common import View

V = TypeVar("V", bound=View)


def view_of(view: type[V], row: Any, **computed: Any) -> V:
    """A view of a row of a mapped class: the fields in `computed` as given, the others from the row's columns.

    Raises pydantic's `ValidationError` for a field that is neither and has no default.
    """
    columns = row.__table__.columns
    stored = {
        name: getattr(row, name) for name in view.model_fields if name in columns and name not in computed
    }
    return view.model_validate({**stored, **computed})
