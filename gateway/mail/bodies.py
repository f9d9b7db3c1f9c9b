"""People's texts in mails: their HTML with whole addresses and inlined styles, and without anything that a mail program
would fetch."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

from markupsafe import Markup, escape

_STYLES = {
    "a": "color:#36c",
    "code": "font-family:monospace;font-size:14px",
    "h3": "margin:16px 0 8px;font-size:18px",
    "h4": "margin:16px 0 8px;font-size:16px",
    "li": "margin:0 0 4px",
    "ol": "margin:0 0 12px;padding:0 24px",
    "p": "margin:0 0 12px",
    "pre": "margin:0 0 12px;white-space:pre-wrap;font-family:monospace;font-size:14px",
    "table": "border-collapse:collapse;margin:0 0 12px",
    "td": "border:1px solid #a2a9b1;padding:4px 8px",
    "th": "border:1px solid #a2a9b1;padding:4px 8px",
    "ul": "margin:0 0 12px;padding:0 24px",
}
_CLASSES = {"a": "link", "blockquote": "quiet"}
"""Whose colours are others on a dark screen: the styles of the letter's head name these classes."""

_KEPT = frozenset(
    ("a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span")
) | frozenset(("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"))  # fmt: skip
_VOID = frozenset(("br", "hr"))
_ATTRIBUTES = frozenset(("dir", "href", "start", "lang"))


# Programs know no `border-inline-start`.
_QUOTED = "margin:0 0 12px;padding:0 12px;color:#54595d;border-{}:3px solid #a2a9b1"


def body(html: str, base_url: str, direction: str) -> Markup:
    """Safe HTML as it stands in a mail, of a text that is written `ltr` or `rtl`. A picture becomes a link to it, by
    its description."""
    writer = _Writer(base_url, _QUOTED.format("right" if direction == "rtl" else "left"))
    writer.feed(html)
    writer.close()
    return Markup("").join(writer.parts)


class _Writer(HTMLParser):
    def __init__(self, base_url: str, quoted: str) -> None:
        super().__init__(convert_charrefs=True)
        self._styles = {**_STYLES, "blockquote": quoted}
        self.parts: list[Markup] = []
        self._base_url = base_url

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._picture(given)
        elif tag in _KEPT:
            kept = {name: given[name] for name in given if name in _ATTRIBUTES}
            if "href" in kept:
                kept["href"] = self._whole(kept["href"])
            if tag in self._styles:
                kept["style"] = self._styles[tag]
            if tag in _CLASSES:
                kept["class"] = _CLASSES[tag]
            written = (Markup(' {}="{}"').format(name, value) for name, value in kept.items())
            self.parts.append(Markup("<{}{}>").format(tag, Markup("").join(written)))

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _KEPT and tag not in _VOID:
            self.parts.append(Markup("</{}>").format(tag))

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))

    def _picture(self, given: dict[str, str]) -> None:
        address = self._whole(given.get("src", ""))
        link = Markup('<a href="{}" class="link" style="{}">[{}]</a>')
        self.parts.append(link.format(address, _STYLES["a"], given.get("alt") or address))

    def _whole(self, address: str) -> str:
        return self._base_url + address if address.startswith(("/", "#")) else address
