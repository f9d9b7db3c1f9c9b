"""Parses Markdown into tokens: CommonMark, tables, strikethrough, and three additions.

The additions are ``[[Page]]`` and ``[[:xx:Page]]`` (wiki links), ``@name`` (mentions) and bare ``https://…`` URLs. They
are inline rules of the parser, which therefore does not apply them in code, after escapes or in the text of links.

The targets of wiki links are made from ``env``: ``wiki_url``, ``wiki_url_for`` and ``language``, and the ends of
mentions from ``known_names``, as in ``core.markup.render``; so is ``heading_level``. ``pictures`` are the sizes of the
pictures in the text, as far as they are known.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from core.markup_budget import MAX_NESTING, Budget, budget_of, check_text, check_tokens, with_budget
from core.markup_emphasis import CjkParserInline
from core.markup_links import bare_address, has_hidden_bars, hide_bars, show_bars, wiki_link
from core.markup_mentions import mention
from core.pictures import in_text

DEFAULT_HEADING_LEVEL = 3

Sizes = Mapping[str, tuple[int, int]]
"""The width and height of pictures by their ids."""

_OWN_PICTURE = re.compile(r"^/media/[A-Za-z0-9_/-]+(\.[A-Za-z0-9_-]+)*$")
_LINK = re.compile(r"^(https?://|mailto:|/(?!/)|#)", re.IGNORECASE)
# Host names of the longest parts that there may be, in lower case, and characters that stay as they are.
_NORMAL_ADDRESS = re.compile(
    r"https?://[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,3}(/[A-Za-z0-9/._~-]*(\?[A-Za-z0-9/._~=&-]*)?(#[A-Za-z0-9/._~=&-]*)?)?"
)
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_ALIGNMENTS = {"left": "cell-start", "center": "cell-center", "right": "cell-end"}


def parse(
    text: str, env: MutableMapping[str, Any] | None = None, budget: Budget | None = None
) -> list[Token]:
    """The tokens of a text, ready for rendering. The text must not contain lone surrogates.

    Raises `OverBudget` for a text that makes too much work.
    """
    check_text(text)
    tokens = _PARSER.parse(text, with_budget(env or {}, budget or Budget()))
    check_tokens(tokens)
    return tokens


def render_tokens(tokens: list[Token]) -> str:
    """The HTML of the tokens, not sanitised yet."""
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return html


def _finish(state: StateCore) -> None:
    """Adapt the tokens to the pages: headings fit below the page's own, and only uploaded pictures are shown."""
    if has_hidden_bars(state.src):
        show_bars(state.tokens)
    _set_directions_of_quotes(state.tokens)
    _set_levels_of_headings(state.tokens, state.env.get("heading_level", DEFAULT_HEADING_LEVEL))
    quotes = 0
    for token in state.tokens:
        quotes += token.nesting if token.type.startswith("blockquote_") else 0
        if token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", None)):
            token.attrs["class"] = _ALIGNMENTS[str(style).removeprefix("text-align:")]
        # The page sets the direction by the text's language. With dir=auto a Hebrew paragraph that starts with
        # "MediaWiki" would be shown from left to right. Only quotes, which may be in another language, need dir=auto.
        if quotes and token.type in ("paragraph_open", "heading_open", "th_open", "td_open"):
            token.attrs["dir"] = "auto"
        if token.children:
            token.children = list(_finish_inline(token.children, state.env.get("pictures", {})))


def _set_levels_of_headings(tokens: list[Token], highest: int) -> None:
    """Give a text's main headings the level ``highest``, and each other one the level below that of its part.

    So no level is skipped, whichever the writer chose. Below ``h6`` all are ``h6``.
    """
    parts: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1])
            while parts and parts[-1] >= written:
                parts.pop()
            parts.append(written)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(highest + len(parts) - 1, 6)}"


def _set_directions_of_quotes(tokens: list[Token]) -> None:
    """Give each quote the direction of most of its letters, so that its bar stands where its text begins.

    Links don't count: the line that says who is quoted is in the language of the one who quotes.
    """
    open_quotes: list[tuple[Token, Counter[str]]] = []
    for token in tokens:
        if token.type == "blockquote_open":
            open_quotes.append((token, Counter()))
        elif token.type == "blockquote_close":
            opening, counts = open_quotes.pop()
            if counts:
                opening.attrs["dir"] = counts.most_common(1)[0][0]
        elif token.type == "inline" and open_quotes:
            found = Counter(_directions(token.children or []))
            for _, counts in open_quotes:
                counts.update(found)


def _directions(children: list[Token]) -> Iterator[str]:
    links = 0
    for token in children:
        links += token.nesting if token.type.startswith("link_") else 0
        if token.type == "text" and not links:
            for char in token.content:
                if direction := _DIRECTIONS.get(unicodedata.bidirectional(char)):
                    yield direction


def _finish_inline(children: list[Token], pictures: Sizes) -> Iterator[Token]:
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
            yield from _finish_image(token, pictures, in_link=depth > 0)
        else:
            yield token


def _finish_image(token: Token, pictures: Sizes, in_link: bool) -> Iterator[Token]:
    source = str(token.attrs.get("src", ""))
    if _OWN_PICTURE.match(source):
        token.attrs |= {"loading": "lazy", "decoding": "async", **in_text(source, pictures)}
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


class Parser(MarkdownIt):
    """The parser of Markdown, which leaves addresses alone that are normal."""

    def normalizeLink(self, url: str) -> str:
        """See `MarkdownIt.normalizeLink`, to which most addresses are a tenth of the parser's work for nothing."""
        return url if _NORMAL_ADDRESS.fullmatch(url) else super().normalizeLink(url)


class _CountingParserBlock(ParserBlock):
    """The block parser, which counts what it does."""

    def parse(
        self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], outTokens: list[Token]
    ) -> list[Token] | None:
        """See `ParserBlock.parse`, which has no other way to name the class of the state."""
        if not src:
            return None
        state = _CountingState(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _CountingState(StateBlock):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Add a token; each is counted."""
        token = super().push(ttype, tag, nesting)
        budget_of(self.env).count_token(ttype, self.level)
        return token

    def is_code_block(self, line: int) -> bool:
        """What each rule asks first when it looks at a line; so the looks are counted here."""
        budget_of(self.env).count_step()
        return super().is_code_block(line)


def _make_parser() -> MarkdownIt:
    # The parser drops what is nested deeper than `maxNesting`: the budget ends before that.
    # Line breaks are kept. CommonMark makes them spaces, which would be wrong in scripts without spaces.
    options = {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": MAX_NESTING + 2}
    parser = Parser()
    parser.block, parser.inline = _CountingParserBlock(), CjkParserInline()
    parser.configure("commonmark", options_update=options).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.inline.ruler.before("link", "wiki_link", wiki_link)
    parser.inline.ruler.before("emphasis", "mention", mention)
    parser.inline.ruler.before("emphasis", "bare_address", bare_address)
    parser.core.ruler.before("block", "hide_bars", hide_bars)
    parser.core.ruler.push("finish", _finish)
    return parser


_PARSER = _make_parser()
