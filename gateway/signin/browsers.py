"""The family of a browser by the name that it gives, for the list of a person's sessions."""

from __future__ import annotations

# In this order: most browsers name those that they descend from as well.
_FAMILIES = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung"), ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip


def browser_family(user_agent: str) -> str:
    """One word, `""` for a browser that isn't known. Nothing else of what a browser tells of itself is stored."""
    return next((family for mark, family in _FAMILIES if mark in user_agent), "")
