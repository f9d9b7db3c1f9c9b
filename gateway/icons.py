"""Codex's icons as inline SVG, so that they take the text's colour and need no request."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from core import languages


@cache
def _icons(vendor: Path) -> dict[str, Any]:
    file = vendor / "@wikimedia/codex-icons/dist/codex-icons.json"
    icons: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return icons


@cache
def icon(vendor: Path, name: str, lang: str, label: str = "") -> Markup:
    """The icon of that name (`bell`, `arrowNext`), turned round or changed where the language wants it.

    With `label` it speaks for itself; without, it is decoration beside a text. Raises `KeyError` for no icon.
    """
    entry = _icons(vendor)["cdxIcon" + name[0].upper() + name[1:]]
    rtl = languages.direction(lang) == "rtl"
    flip = False
    while not isinstance(entry, str):
        if "langCodeMap" in entry:
            entry = entry["langCodeMap"].get(lang, entry["default"])
        elif "rtl" in entry:
            entry = entry["rtl"] if rtl else entry["ltr"]
        else:
            flip = rtl and bool(entry.get("shouldFlip")) and lang not in entry.get("shouldFlipExceptions", ())
            entry = entry.get("ltr", entry.get("default"))
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    classes = "icon icon-flipped" if flip else "icon"
    return Markup(
        '<svg class="{}" viewBox="0 0 20 20" width="20" height="20" focusable="false" {}>{}</svg>'
    ).format(classes, spoken, Markup(entry))
