"""The family of a browser by the name that it gives, for the list of a person's sessions."""

from __future__ import annotations

# In this order: most browsers name those that they descend from as well.
_FAMILIES = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung"), ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip


_PLATFORMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_family(user_agent: str) -> str:
    """One word, `""` for a browser that isn't known. Nothing else of what a browser tells of itself is stored."""
    return next((family for mark, family in _FAMILIES if mark in user_agent), "")


def platform(user_agent: str) -> str:
    """What the browser runs on, in one word, `""` where that isn't known: offered as the name of a device."""
    return next((name for mark, name in _PLATFORMS if mark in user_agent), "")
