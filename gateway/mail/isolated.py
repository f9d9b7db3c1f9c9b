"""Texts of people within the words of a mail, whose direction may be another one."""

from __future__ import annotations

from markupsafe import Markup, escape

from core import languages


def isolated(text: str, lang: str) -> str:
    """A text between U+2068 and U+2069 where its direction could change that of what is around it."""
    needed = not text.isascii() or languages.direction(lang) == "rtl"
    return f"\u2068{text}\u2069" if needed else text


def marked(text: str) -> Markup:
    """The same in HTML."""
    return Markup("<bdi>") + escape(text) + Markup("</bdi>")
