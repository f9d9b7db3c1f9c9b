"""Renders what people write as safe HTML and as plain text.

The markup is Markdown (CommonMark, tables, ``~~strikethrough~~``, bare URLs) with ``[[Page]]`` links to the wiki and
``@name`` mentions. ``render`` gives HTML without scripts, styles or anything that a browser would fetch from another
host; ``plain`` and ``excerpt`` are for feeds, search and notifications; ``mentions`` finds the people to notify.

No function here but ``check`` raises for any text. One that makes too much work (``core.markup_budget``) is shown
unformatted; what people may send is limited by the contracts.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString

import nh3
from markdown_it.token import Token

from core.markup_budget import MAX_BYTES, OverBudget, is_surely_within
from core.markup_cut import cut
from core.markup_parse import DEFAULT_HEADING_LEVEL, parse, render_tokens
from core.names import is_name

__all__ = [
    "EXCERPT_LENGTH",
    "MAX_BYTES",
    "STORED_HEADING_LEVEL",
    "OverBudget",
    "blocks_of",
    "check",
    "clean",
    "depends_on_names",
    "excerpt",
    "excerpt_of",
    "html_of",
    "is_name",
    "mention_candidates",
    "mentions",
    "parsed_by_itself",
    "plain",
    "render",
    "tokens_of",
    "unformatted",
    "without_quotes",
]

STORED_HEADING_LEVEL = 2
"""The level of the main headings in stored HTML, the highest that a page shows."""

EXCERPT_LENGTH = 280
"""The most characters of an excerpt."""

WIKIPEDIA = "https://$lang.wikipedia.org/wiki/$1"

# Lone surrogates are not valid text. XML, and so feeds, does not allow control characters. The two overrides (LRO, RLO)
# show characters in another order than they have, by which names and addresses could be forged. Isolates and marks
# stay. What is parsed is cleaned once more, since `&#8238;` is an override too.
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202d\u202e\ufdd0-\ufdef\ufffe\uffff]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BLANK = re.compile(r"\s+")

_OWN_PICTURES = re.compile(r"/media/[^\s,]+( \d+w, /media/[^\s,]+)*( \d+w)?$")

_CELL = {"cell-start", "cell-center", "cell-end"}
_SANITISER = nh3.Cleaner(
    tags={
        *("a", "br", "code", "em", "img", "s", "span", "strong"),
        *("blockquote", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"),
        *("table", "tbody", "td", "th", "thead", "tr"),
    },
    attributes={
        "a": {"href", "hreflang", "title", "dir"},
        "img": {"src", "srcset", "sizes", "width", "height", "alt", "title", "loading", "decoding"},
        "ol": {"start"},
        **{tag: {"dir"} for tag in ("blockquote", "p", "h2", "h3", "h4", "h5", "h6", "th", "td")},
    },
    allowed_classes={"a": {"mention", "wiki-link"}, "th": _CELL, "td": _CELL},
    # Code is written from left to right in right-to-left texts too.
    set_tag_attribute_values={"pre": {"dir": "ltr"}, "code": {"dir": "ltr"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
    # The parser lets no other picture through; this is a second line of defence.
    attribute_filter=lambda tag, name, value: (
        None if name in ("src", "srcset") and not _OWN_PICTURES.match(value) else value
    ),
)


def render(
    text: str,
    *,
    wiki_url: str,
    language: str,
    wiki_url_for: str = WIKIPEDIA,
    known_names: Collection[str] | None = None,
    heading_level: int = DEFAULT_HEADING_LEVEL,
) -> str:
    """The text as safe HTML, for an element of a page that has the text's ``lang`` and ``dir``.

    ``wiki_url`` is the target of ``[[Page]]``, with ``$1`` for the page and ``$lang`` for ``language``, the language of
    the text (``https://meta.wikimedia.org/wiki/$1``). ``wiki_url_for`` is the target of ``[[:xx:Page]]``, with
    ``$lang`` for ``xx``. ``known_names`` are the keys of those of the names in ``mention_candidates`` that people have;
    None if that is not known. Headings start at ``heading_level`` and skip no level. Classes: ``mention``,
    ``wiki-link``, ``cell-start|center|end``.
    """
    text = clean(text)
    env = {
        "wiki_url": wiki_url,
        "wiki_url_for": wiki_url_for,
        "language": language,
        "known_names": known_names,
        "heading_level": heading_level,
    }
    tokens = tokens_of(text, env)
    return unformatted(text) if tokens is None else html_of(tokens)


def html_of(tokens: list[Token]) -> str:
    """The safe HTML of a text that is parsed already."""
    return _NOT_TEXT.sub("", _SANITISER.clean(render_tokens(tokens)))


def unformatted(text: str) -> str:
    """A text that is not parsed, as safe HTML: its paragraphs as they were typed."""
    return "".join(f"<p>{html.escape(block)}</p>\n" for block in _BLANK_LINES.split(text) if block.strip())


def check(text: str) -> None:
    """Raise `OverBudget` for a text that makes too much work, and is therefore shown as it was typed."""
    over = None if is_surely_within(text) else _parsed(text).over
    if over is not None:
        raise OverBudget(*over)


@dataclass(frozen=True)
class _Parsed:
    """What was found by parsing a text: the limit that it exceeds, else its blocks (`blocks_of`), with captions of wiki
    files and without."""

    over: tuple[LiteralString, int] | None
    blocks: tuple[tuple[str, bool], ...]
    without_captions: tuple[tuple[str, bool], ...]
    html: str | None = None
    """As `core.markup_cooked` stores it; None if it depends on more than the text."""


@lru_cache(maxsize=64)
def _parsed(text: str) -> _Parsed:
    """A text that is parsed, once: a long one is checked where it comes in and where it goes on, and each is stored
    with its HTML, and published with an excerpt and a plain form. The last ones are kept."""
    cleaned = clean(text)
    try:
        tokens = parse(cleaned, {"heading_level": STORED_HEADING_LEVEL})
    except OverBudget as over:
        return _Parsed((over.code, over.limit), ((cleaned, False),), ((cleaned, False),))
    has_wiki_links = "[[" in cleaned  # of which some are files with captions
    by_itself = not has_wiki_links and not depends_on_names(tokens)
    blocks = tuple(blocks_of(tokens))
    return _Parsed(
        None,
        blocks,
        tuple(blocks_of(tokens, captions=False)) if has_wiki_links else blocks,
        html_of(tokens) if by_itself else None,
    )


def parsed_by_itself(text: str) -> tuple[str, str, str] | None:
    """The HTML, the excerpt and the plain form of a text whose HTML depends on nothing else; None for any other, and
    for one that makes too much work."""
    parsed = _parsed(text)
    if parsed.html is None:
        return None
    return parsed.html, excerpt_of(parsed.without_captions), plain(text)


def depends_on_names(tokens: Iterable[Token]) -> bool:
    """Whether a mention in a parsed text has several candidates."""
    metas: list[dict[str, Any]] = [child.meta for token in tokens for child in token.children or ()]
    return any(len(meta.get("candidates", ())) > 1 for meta in metas)


def plain(text: str) -> str:
    """The text without markup: one line for each block, the description for a picture."""
    return "\n".join(block for block, _ in _blocks(text) if block)


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """The beginning of the text without markup, in one line of at most ``length`` characters.

    It is cut between words, with ``…`` at the end. Captions of wiki files are left out, and quotes, unless there is
    nothing else.
    """
    return excerpt_of(_blocks(text, captions=False), length)


def excerpt_of(found: Iterable[tuple[str, bool]], length: int = EXCERPT_LENGTH) -> str:
    """The same from the blocks of a text without captions."""
    blocks = list(found)
    own = " ".join(block for block, quoted in blocks if not quoted).strip()
    return cut(_BLANK.sub(" ", own or " ".join(block for block, _ in blocks)).strip(), length)


def mentions(text: str) -> list[str]:
    """The names that the text mentions by ``@name``, each once and in order, whether such people exist or not.

    Names in code, URLs and e-mail addresses don't count; neither do names in a quote, since somebody else mentioned
    them. The name at the beginning of a quote does count: ``> @name [said](/talk/p/1):``. Where a name ends in a text
    without spaces is a guess; see ``mention_candidates``.
    """
    return list(dict.fromkeys(each["mention"] for each in _mentions(text)))


def mention_candidates(text: str) -> list[list[str]]:
    """The possible names of each mention that ``mentions`` finds, the longest first, each list once and in order."""
    found = (tuple(each["candidates"]) for each in _mentions(text))
    return [list(each) for each in dict.fromkeys(found)]


def _mentions(text: str) -> Iterator[dict[str, Any]]:
    text = clean(text)
    if "@" not in text:
        return
    quotes, opens_quote = 0, False
    for token in tokens_of(text) or ():
        if token.type.startswith("blockquote_"):
            quotes += token.nesting
            opens_quote = token.nesting == 1 and quotes == 1
        elif token.type == "inline":
            found = [child.meta for child in token.children or () if "mention" in child.meta]
            if quotes:
                first = token.children[0] if token.children else None
                found = found[:1] if opens_quote and first is not None and "mention" in first.meta else []
            yield from found
            opens_quote = False


def without_quotes(text: str) -> str:
    """The text as it was written, without its block quotes."""
    lines = clean(text).split("\n")
    quoted: set[int] = set()
    for token in tokens_of("\n".join(lines)) or ():
        if token.type == "blockquote_open" and token.map is not None:
            quoted.update(range(*token.map))
    return "\n".join(line for number, line in enumerate(lines) if number not in quoted).strip()


def _blocks(text: str, captions: bool = True) -> Iterable[tuple[str, bool]]:
    """Each block's plain text, and whether it is inside a quote."""
    parsed = _parsed(text)
    return parsed.blocks if captions else parsed.without_captions


def blocks_of(tokens: Iterable[Token], captions: bool = True) -> Iterator[tuple[str, bool]]:
    """Each block's plain text, and whether it is inside a quote, of a text that is parsed already."""
    quotes = 0
    for token in tokens:
        if token.type.startswith("blockquote_"):
            quotes += token.nesting
        elif token.type in ("fence", "code_block"):
            yield token.content.strip(), quotes > 0
        elif token.type == "inline":
            yield (
                _NOT_TEXT.sub("", "".join(_inline_texts(token.children or (), captions))).strip(),
                quotes > 0,
            )


def _inline_texts(tokens: Iterable[Token], captions: bool) -> Iterator[str]:
    in_caption = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_caption = "file" in token.meta
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type in ("text", "code_inline", "image") and (captions or not in_caption):
            yield token.content


def clean(text: str) -> str:
    """The text without characters that are none, as it is parsed."""
    return _NOT_TEXT.sub("", _SURROGATES.sub("\ufffd", text))


def tokens_of(text: str, env: MutableMapping[str, Any] | None = None) -> list[Token] | None:
    """The tokens of a text; None if it makes too much work to be parsed as markup."""
    try:
        return parse(text, env)
    except OverBudget:
        return None
