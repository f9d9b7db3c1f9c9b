"""What is stored with each text, so that no Markdown is rendered when it is read.

The stored HTML is the same for every reader and page. What depends on the settings or the page is put in when it is
shown: the addresses of wiki links, which stand in it as addresses on the hosts below, and the level of the headings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.markup import (
    STORED_HEADING_LEVEL,
    WIKIPEDIA,
    blocks_of,
    clean,
    depends_on_names,
    excerpt_of,
    html_of,
    parsed_by_itself,
    tokens_of,
    unformatted,
)
from core.markup_parse import DEFAULT_HEADING_LEVEL, Sizes

RENDERER = 1
"""The version of the renderer. It is stored with what it made, and counted up when it makes something else of a text;
`space recook` renews what older ones made."""

HEADING_LEVEL = STORED_HEADING_LEVEL

_OWN = "https://own.wiki.invalid/$lang/$1"
_OTHER = "https://other.wiki.invalid/$lang/$1"
_WIKI_ADDRESS = re.compile(r'href="https://(own|other)\.wiki\.invalid/([^/"]*)/([^"]*)"')
_HEADING = re.compile(r"(</?h)([2-6])(?=[ >])")


@dataclass(frozen=True)
class Cooked:
    """A text as it is shown. `html` is None if it depends on who there is: where a name ends in a text without spaces
    is known to the page alone."""

    html: str | None
    excerpt: str
    plain: str


def cook(text: str, language: str, pictures: Sizes | None = None) -> Cooked:
    """What is stored with a text, made by parsing it once. `pictures` are the sizes of those in it."""
    text = clean(text)
    if not pictures and (known := parsed_by_itself(text)) is not None:
        return Cooked(*known)  # it was checked a moment ago, and need not be parsed again
    env = {
        "wiki_url": _OWN,
        "wiki_url_for": _OTHER,
        "language": language,
        "heading_level": HEADING_LEVEL,
        "pictures": pictures or {},
    }
    tokens = tokens_of(text, env)
    if tokens is None:
        return Cooked(unformatted(text), excerpt_of([(text, False)]), text)
    plain = "\n".join(block for block, _ in blocks_of(tokens) if block)
    excerpt = excerpt_of(blocks_of(tokens, captions=False))
    return Cooked(None if depends_on_names(tokens) else html_of(tokens), excerpt, plain)


def shown(
    html: str,
    *,
    wiki_url: str,
    wiki_url_for: str = WIKIPEDIA,
    heading_level: int = DEFAULT_HEADING_LEVEL,
) -> str:
    """Stored HTML as `core.markup.render` makes it with the same parameters."""

    def address(found: re.Match[str]) -> str:
        pattern = _escaped(wiki_url if found[1] == "own" else wiki_url_for)
        return f'href="{pattern.replace("$lang", found[2]).replace("$1", found[3])}"'

    html = _WIKI_ADDRESS.sub(address, html)
    if heading_level == HEADING_LEVEL:
        return html
    lower = heading_level - HEADING_LEVEL
    return _HEADING.sub(lambda found: f"{found[1]}{min(int(found[2]) + lower, 6)}", html)


def _escaped(pattern: str) -> str:
    return pattern.replace("&", "&amp;").replace('"', "&quot;")
