"""From a row to a view of it, where the two have fields of the same names."""

from __future__ import annotations

from typing import Any, TypeVar

from contracts.common import View
from core.columns import values_of

V = TypeVar("V", bound=View)


def view_of(view: type[V], row: Any, **computed: Any) -> V:
    """A view of a row, of a mapped class or of selected columns: the fields in `computed` as given, the others from
    the row's columns.

    Raises pydantic's `ValidationError` for a field that is neither and has no default.
    """
    return view.model_validate({**values_of(row, view.model_fields, computed), **computed})
