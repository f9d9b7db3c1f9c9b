"""The predefined categories of blog and forum."""

from __future__ import annotations

from contracts.common import Event, View
from core.audience import PUBLIC


class CategoryText(View):
    """A category's name and description in one language."""

    language: str
    name: str
    about: str = ""


class CategoryEvent(Event):
    """A category was added or changed. `texts`: the original first."""

    slug: str
    texts: list[CategoryText]

    def subject(self) -> str:
        return f"category/{self.slug}"

    def audience(self) -> str:
        return PUBLIC


__all__ = ["CategoryEvent", "CategoryText"]
