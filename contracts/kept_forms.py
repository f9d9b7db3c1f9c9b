"""people, another part: forms that wait while who wrote them signs in at another site."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import StringConstraints

from contracts.common import Command, needs_scope
from core.audience import Viewer

FormKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""What a kept form is found by: nobody can guess it, and it says nothing of what the form is encrypted with."""


class KeepForm(Command):
    """Keep a form for an hour. `sealed` is encrypted by the gateway; the browser alone has the key.

    Raises `TooMany("forms-too-many")` beyond what one network may have kept.
    """

    key: FormKey
    sealed: Annotated[str, StringConstraints(min_length=1, max_length=2_000_000, pattern=r"^[\w=-]+$")]


class KeptFormsApi(Protocol):
    """The calls of people on kept forms."""

    @needs_scope(None)
    def keep_form(self, viewer: Viewer, command: KeepForm) -> None: ...
    @needs_scope(None)
    def take_form(self, viewer: Viewer, key: FormKey) -> str | None:
        """A kept form, once; None where there is none any more."""
