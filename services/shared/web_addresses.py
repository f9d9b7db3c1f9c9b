"""Decides which links that people give are linked."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit


def is_web_address(url: str) -> bool:
    """Whether `url` is an http or https address that a browser can open; nothing else is ever linked."""
    if any(char.isspace() or unicodedata.category(char) == "Cc" for char in url):
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and parts.port != 0
        )
    except ValueError:
        return False
