"""What people write, as safe HTML and as plain text.

The markup is Markdown (CommonMark, tables, ``~~strikethrough~~``, bare addresses) with ``[[Page]]`` links to
the wiki and ``@name`` mentions. ``render`` gives HTML without scripts, styles or anything that a reader's
browser would fetch from another host; ``plain`` and ``excerpt`` are for feeds, search and notifications;
``mentions`` for who is to be told.

No function here raises, whatever the text: refusing what is too long is for the models that take it
(``MAX_BYTES``).
"""

import html
import re
from collections.abc import Iterator

import nh3
from markdown_it.token import Token

from core.markup_cut import cut
from core.markup_parse import is_name, parse, render_tokens

__all__ = ["MAX_BYTES", "excerpt", "is_name", "mentions", "plain", "render"]

MAX_BYTES = 100_000
"""UTF-8 bytes of a text that is read as markup; a longer one is shown as it was typed."""

# Each opening bracket makes the parser look for its end; 100 kB of nothing else would cost four seconds.
_MAX_BRACKETS = 4_000

WIKIPEDIA = "https://$lang.wikipedia.org/wiki/$1"

# Lone surrogates are no text; control characters are refused by XML, so feeds could not carry them; the two
# overrides (LRO, RLO) show characters in another order than they have, which forges names and addresses.
# Isolates and marks stay.
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202d\u202e\ufffe\uffff]")
_BLANK = re.compile(r"\s+")

_CELL = {"cell-start", "cell-center", "cell-end"}
_SANITISER = nh3.Cleaner(
    tags={
        *("a", "br", "code", "em", "img", "s", "span", "strong"),
        *("blockquote", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"),
        *("table", "tbody", "td", "th", "thead", "tr"),
    },
    attributes={
        "a": {"href", "hreflang", "title", "dir"},
        "img": {"src", "alt", "title", "loading", "decoding"},
        "ol": {"start"},
        **{tag: {"dir"} for tag in ("p", "h3", "h4", "h5", "h6", "th", "td")},
    },
    allowed_classes={"a": {"mention", "wiki-link"}, "th": _CELL, "td": _CELL},
    # Code runs from left to right, whatever the text around it does.
    set_tag_attribute_values={"pre": {"dir": "ltr"}, "code": {"dir": "ltr"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
    # The parser lets no other picture through. This is the second lock on the same door.
    attribute_filter=lambda tag, name, value: (
        None if name == "src" and not value.startswith("/media/") else value
    ),
)


def render(text: str, *, wiki_url: str, language: str, wiki_url_for: str = WIKIPEDIA) -> str:
    """HTML of a text, safe to stand in a page inside an element that has the text's ``lang`` and ``dir``.

    ``wiki_url`` is where ``[[Page]]`` leads, ``$1`` being the page (``https://meta.wikimedia.org/wiki/$1``);
    ``$lang`` in it stands for ``language``, the text's own. ``wiki_url_for`` is the same for
    ``[[:xx:Page]]``, ``$lang`` being ``xx``. Headings start at ``h3``. Classes: ``mention``, ``wiki-link``,
    ``cell-start|center|end``.
    """
    text = _clean(text)
    if _beyond_reason(text):
        return "".join(
            f"<p>{html.escape(block)}</p>\n" for block in re.split(r"\n\s*\n", text) if block.strip()
        )
    env = {"wiki_url": wiki_url, "wiki_url_for": wiki_url_for, "language": language}
    return _SANITISER.clean(render_tokens(parse(text, env)))


def plain(text: str) -> str:
    """The text without its markup: one line for each block, a picture as its description."""
    return "\n".join(block for block, _ in _blocks(text) if block)


def excerpt(text: str, length: int = 280) -> str:
    """The beginning of the text in one line, of at most ``length`` characters.

    It is cut between words (``…``). What is quoted is left out, unless there is nothing else.
    """
    blocks = list(_blocks(text))
    own = " ".join(block for block, quoted in blocks if not quoted).strip()
    return cut(_BLANK.sub(" ", own or " ".join(block for block, _ in blocks)).strip(), length)


def mentions(text: str) -> list[str]:
    """The names that the text calls by ``@name``, each once and in order.

    Whether such people exist is not known here. Names in code, addresses and e-mail addresses don't count;
    nor do those in a quote, for they were called by another. The name that opens a quote does: ``> @name
    [said](/talk/p/1):``.
    """
    text = _clean(text)
    if _beyond_reason(text):
        return []
    names: dict[str, None] = {}
    quotes, opens_quote = 0, False
    for token in parse(text):
        if token.type.startswith("blockquote_"):
            quotes += token.nesting
            opens_quote = token.nesting == 1 and quotes == 1
        elif token.type == "inline":
            found = [child.meta["mention"] for child in token.children or () if "mention" in child.meta]
            if quotes:
                first = token.children[0] if token.children else None
                found = found[:1] if opens_quote and first is not None and "mention" in first.meta else []
            names |= dict.fromkeys(found)
            opens_quote = False
    return list(names)


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Each block's plain text, and whether it stands in a quote."""
    text = _clean(text)
    if _beyond_reason(text):
        yield text, False
        return
    quotes = 0
    for token in parse(text):
        if token.type.startswith("blockquote_"):
            quotes += token.nesting
        elif token.type in ("fence", "code_block"):
            yield token.content.strip(), quotes > 0
        elif token.type == "inline":
            yield "".join(map(_plain_inline, token.children or ())).strip(), quotes > 0


def _plain_inline(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type in ("text", "code_inline", "image") else ""


def _clean(text: str) -> str:
    return _NOT_TEXT.sub("", _SURROGATES.sub("\ufffd", text))


def _beyond_reason(text: str) -> bool:
    """Whether a text is too much to be read as markup."""
    return len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES or text.count("[") > _MAX_BRACKETS
