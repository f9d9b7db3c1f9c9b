"""Parses Markdown into tokens: CommonMark, tables, strikethrough, and three additions.

The additions are ``[[Page]]`` and ``[[:xx:Page]]`` (wiki links), ``@name`` (mentions) and bare ``https://…`` URLs. They
are inline rules of the parser, which therefore does not apply them in code, after escapes or in the text of links.

The targets of wiki links are made from ``env``: ``wiki_url``, ``wiki_url_for`` and ``language``, as in
``core.markup.render``.
"""

import re
import unicodedata
from collections.abc import Iterator, MutableMapping
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from core import languages

# How deep blocks may be nested. Each level takes three Python stack frames of the parser.
MAX_NESTING = 40
NAME_LENGTHS = range(2, 41)

_WIKI_LINK = re.compile(r"\[\[([^\[\]\n|]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]")
_OTHER_LANGUAGE = re.compile(r"^:([A-Za-z][A-Za-z-]{1,30}):(.+)$")
# A bare URL ends at white space, at characters that URLs can't contain, and at punctuation of scripts without spaces.
_ADDRESS = re.compile(r"://[^\s<>\"`\\^{}|\[\]　、。〈〉《》「」『』【】（），！？；：]{3,2000}")
_BEFORE_MENTION = re.compile(r"[\w@./%+=&#?:$~-]")
_OWN_PICTURE = re.compile(r"^/media/[A-Za-z0-9_/-]+(\.[A-Za-z0-9_-]+)*$")
_LINK = re.compile(r"^(https?://|mailto:|/(?!/)|#)", re.IGNORECASE)
_ALIGNMENTS = {"left": "cell-start", "center": "cell-center", "right": "cell-end"}


def parse(text: str, env: MutableMapping[str, Any] | None = None) -> list[Token]:
    """The tokens of a text, ready for rendering. The text must not contain lone surrogates."""
    return _PARSER.parse(text, env if env is not None else {})


def render_tokens(tokens: list[Token]) -> str:
    """The HTML of the tokens, not sanitised yet."""
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return html


def is_name(name: str) -> bool:
    """Whether this is a valid name of a person: 2 to 40 letters, marks, digits and ``_-.``, in NFC.

    A name starts with a letter or digit and does not end with ``.`` or ``-``, so that a mention can be followed by a
    full stop.
    """
    return (
        len(name) in NAME_LENGTHS
        and unicodedata.is_normalized("NFC", name)
        and all(map(_in_name, name))
        and unicodedata.category(name[0])[0] in "LN"
        and name[-1] not in ".-"
    )


def _in_name(char: str) -> bool:
    # Marks are parts of letters: names in Hindi or vocalised Arabic need them.
    return char in "_-." or unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def _mention(state: StateInline, silent: bool) -> bool:
    pos, source = state.pos, state.src
    if source[pos] != "@" or state.linkLevel > 0:
        return False
    if pos > 0 and _BEFORE_MENTION.match(source[pos - 1]):
        return False  # an e-mail address, or a path
    # NFC shortens a name: before it a name may have more characters, at most about 4 times as many.
    end = pos + 1
    limit = min(state.posMax, pos + 1 + 4 * NAME_LENGTHS.stop)
    while end < limit and _in_name(source[end]):
        end += 1
    if end < state.posMax and source[end] == "@":
        return False  # @name@another.host is a person elsewhere
    written = source[pos + 1 : end].rstrip(".-")
    name = unicodedata.normalize("NFC", written)
    if not is_name(name):
        return False
    if not silent:
        attrs = {"href": f"/people/{quote(name, safe='')}", "class": "mention", "dir": "auto"}
        _push_link(state, f"@{name}", attrs, {"mention": name})
    state.pos = pos + 1 + len(written)
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    if state.linkLevel > 0 or not (found := _WIKI_LINK.match(state.src, state.pos, state.posMax)):
        return False
    page, label = found[1].strip(), (found[2] or "").strip()
    pattern, language, attrs = state.env.get("wiki_url", ""), state.env.get("language", ""), {}
    if other := _OTHER_LANGUAGE.match(page):
        try:
            attrs["hreflang"] = languages.language(other[1]).bcp47
        except ValueError:
            pass  # ":Category:Births" links to a page of the same wiki, as in MediaWiki
        else:
            # Uses the code as typed: some wikis have another code in their host than Space uses (nb: no.wikipedia.org).
            language, page, pattern = other[1].lower(), other[2].strip(), state.env.get("wiki_url_for", "")
    page = page.removeprefix(":").strip()
    if not page:
        return False
    if not silent:
        title = quote(re.sub(r"\s+", "_", page), safe="/:()*!,;@#")
        attrs["href"] = pattern.replace("$lang", language).replace("$1", title)
        attrs |= {"class": "wiki-link", "dir": "auto"}
        _push_link(state, label or page, attrs, {})
    state.pos = found.end()
    return True


def _bare_address(state: StateInline, silent: bool) -> bool:
    pos, source = state.pos, state.src
    if state.linkLevel > 0 or not source.startswith("://", pos):
        return False
    scheme = next(
        (each for each in ("https", "http") if source[max(0, pos - 5) : pos].lower().endswith(each)), None
    )
    if scheme is None or not (found := _ADDRESS.match(source, pos, state.posMax)):
        return False
    start = pos - len(scheme)
    if start > 0 and source[start - 1].isalnum():
        return False
    address = source[start : _end_of_address(source, pos, found.end())]
    href = state.md.normalizeLink(address)
    if len(address) < len(scheme) + 4 or not state.md.validateLink(href):
        return False
    if not silent:
        if not state.pending.endswith(source[start:pos]):
            return False
        state.pending = state.pending[: -len(scheme)]
        _push_link(state, state.md.normalizeLinkText(address), {"href": href, "dir": "ltr"}, {})
    state.pos = start + len(address)
    return True


def _end_of_address(source: str, start: int, end: int) -> int:
    """The end of a URL without the full stop, quotation mark or bracket of the sentence around it."""
    while end > start:
        last = source[end - 1]
        unbalanced = last == ")" and source.count(")", start, end) > source.count("(", start, end)
        if last not in ".,:;!?'*_~" and not unbalanced:
            break
        end -= 1
    return end


def _push_link(state: StateInline, text: str, attrs: dict[str, Any], meta: dict[str, Any]) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs, opening.meta, opening.info = dict(attrs), meta, "own"
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)


def _finish(state: StateCore) -> None:
    """Adapt the tokens to the pages: headings start at ``h3``, and only uploaded pictures are shown."""
    quotes = 0
    for token in state.tokens:
        quotes += token.nesting if token.type.startswith("blockquote_") else 0
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        if token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", None)):
            token.attrs["class"] = _ALIGNMENTS[str(style).removeprefix("text-align:")]
        # The page sets the direction by the text's language. With dir=auto a Hebrew paragraph that starts with
        # "MediaWiki" would be shown from left to right. Only quotes, which may be in another language, need dir=auto.
        if quotes and token.type in ("paragraph_open", "heading_open", "th_open", "td_open"):
            token.attrs["dir"] = "auto"
        if token.children:
            token.children = list(_finish_inline(token.children))


def _finish_inline(children: list[Token]) -> Iterator[Token]:
    depth, spans = 0, 0
    for token in children:
        if token.type == "link_open":
            depth += 1
            if not _LINK.match(str(token.attrs.get("href", ""))):
                token.tag, token.attrs, spans = "span", {}, depth
        elif token.type == "link_close":
            if depth == spans:
                token.tag, spans = "span", 0
            depth -= 1
        if token.type == "image":
            yield from _finish_image(token, in_link=depth > 0)
        else:
            yield token


def _finish_image(token: Token, in_link: bool) -> Iterator[Token]:
    source = str(token.attrs.get("src", ""))
    if _OWN_PICTURE.match(source):
        token.attrs |= {"loading": "lazy", "decoding": "async"}
        yield token
        return
    # Loading a picture from another host would reveal the reader to it, so it becomes a link.
    text = Token("text", "", 0, content=token.content or source)
    if in_link or not _LINK.match(source):
        yield text
        return
    yield Token("link_open", "a", 1, attrs={"href": source})
    yield text
    yield Token("link_close", "a", -1)


def _make_parser() -> MarkdownIt:
    # Line breaks are kept. CommonMark makes them spaces, which would be wrong in scripts without spaces.
    options = {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": MAX_NESTING}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.inline.ruler.before("emphasis", "mention", _mention)
    parser.inline.ruler.before("emphasis", "bare_address", _bare_address)
    parser.core.ruler.push("finish", _finish)
    return parser


_PARSER = _make_parser()
