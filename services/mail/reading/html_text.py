"""The lines of an HTML text in Markdown, with what its mail program's markup says of quotes and signatures.

`nh3` (html5ever) makes well-formed markup of whatever was sent, and leaves out scripts, styles and comments; it is read
once from start to end, without a tree.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import nh3

from services.mail.reading import limits
from services.mail.reading.errors import Unreadable
from services.mail.reading.lines import Line, Mark
from services.mail.reading.markdown import PLAIN, Piece, line

_BLOCKS = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
    ),
    *(
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
    ),
    *("main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
}
_APART = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dl"))
"""Blocks with a blank line before and after them; `p` too, unless its style says otherwise."""

_INLINE = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em", "cite"), "italic"),
    **dict.fromkeys(("code", "kbd"), "code"),
}
_TAGS = {*_BLOCKS, *_INLINE, "td", "th", "a", "br", "img"}
_ATTRIBUTES = {
    "*": {"class", "id", "style", "name", "type", "cite", "dir"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "pre": {"wrap"},
}
_DROPPED = {"script", "style", "title", "head", "template", "noscript", "object", "select", "textarea", "svg"}
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_ENDED_BY_THE_NEXT = frozenset(("p", "li", "td", "th", "tr", "dt", "dd"))
"""Elements that none of their own kind is inside of, unless another one is between them."""
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})")

_CITING_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote|protonmail_quote|tutanota_quote|moz-quote|iosymail|yahoo_quoted|mailbird-quote"
    r"|zmail_quote)"
)
_CONTAINERS = re.compile(
    r"yahoo_quoted|mail-editor-reference-message-container|isReplyContent|OLK_SRC_BODY_SECTION"
)
"""Classes and ids of what holds the mail that is answered, and nothing else."""
_CUTS = frozenset(("divRplyFwdMsg", "divRpF"))
_ATTRIBUTIONS = re.compile(
    r"(?:^|\s)(?:moz-cite-prefix|gmail_attr|gmail_attribution|aolmail_quote_header)(?:\s|$)"
)
_SIGNATURES = re.compile(
    r"(?:^|\s)(?:gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature"
    r"|composer_signature|k9mail-signature|mobile-signature|tutanota_signature|ymail_android_signature"
    r"|DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2)"
)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_INDENTED = re.compile(r"border(?:-left)?(?:-width)?\s*:\s*(?:none|0|medium)", re.IGNORECASE)
_BORDERED = re.compile(r"border-left(?:-width|-style)?\s*:\s*(?!none|0)", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin(?:-bottom)?\s*:\s*0[a-z]{0,2}\s*(?:;|$|0)", re.IGNORECASE)
_TIGHT = re.compile(r"(?:^|\s)(?:x_)?(?:MsoNormal|MsoPlainText|MsoListParagraph|p[0-9])")
_QUOTE_MARKS = re.compile(r"(?:>[ ]?){1,50}")
_BRACKETS = r"[\[\]\\\n]"
_SPACES = re.compile(r"[ \t\n\r\f\u00a0\u2007\u202f]+")
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad]")


@dataclass(frozen=True)
class _State:
    """What holds inside an element."""

    tag: str = ""
    depth: int = 0
    cited: bool = False
    mark: Mark = ""
    hidden: bool = False
    apart: bool = False
    piece: Piece = PLAIN
    verbatim: bool = False
    code: bool = False
    indent: str = ""
    numbered: bool = False


def lines_of(html: str) -> list[Line]:
    """The lines of an HTML text. Raises `Unreadable` (`too-large`, `too-nested`)."""
    if len(html) > limits.MOST_TEXT or html.count("<") > limits.MOST_TAGS:
        raise Unreadable("too-large")
    if _open_at_most(html) > limits.MOST_OPEN_TAGS:
        raise Unreadable("too-nested")
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    return reader.finish()


def _open_at_most(html: str) -> int:
    """An upper bound of how many elements are open at once: the parser's work grows with it for each tag."""
    opened: Counter[str] = Counter()
    now = most = 0
    for found in _TAG.finditer(html):
        name = found[2].lower()
        if name in _VOID or name in _ENDED_BY_THE_NEXT:
            continue
        if not found[1]:
            opened[name] += 1
            now += 1
            most = max(most, now)
        elif opened[name]:
            opened[name] -= 1
            now -= 1
    return most


class _Reader(HTMLParser):
    """Reads well-formed HTML and collects lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._states = [_State()]
        self._lines: list[Line] = []
        self._pieces: list[Piece] = []
        self._touched = False
        self._apart = False
        self._marker = ""
        self._numbers: list[int] = []

    @property
    def _state(self) -> _State:
        return self._states[-1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("br", "hr", "img"):
            self._void(tag, given)
            return
        state = _inside(self._state, tag, given)
        if tag in _BLOCKS:
            self._end_line()
            self._apart = self._apart or state.apart
        if tag in ("ul", "ol"):
            self._apart = self._apart and not self._numbers
            start = given.get("start", "")
            self._numbers.append(int(start) if start.isdecimal() and len(start) < 5 else 1)
        elif tag == "li":
            self._marker, state = self._item(state)
        elif tag in ("td", "th") and self._pieces:
            self._pieces.append(Piece(" | ", markdown=True))
        elif state.code and not self._state.code:
            self._emit("```", state)
        self._states.append(state)
        if len(self._states) > limits.MOST_NESTED_TAGS:
            raise Unreadable("too-nested")

    def handle_endtag(self, tag: str) -> None:
        if len(self._states) == 1 or self._state.tag != tag:
            return
        if tag in _BLOCKS:
            self._end_line()
        closed = self._states.pop()
        if closed.code and not self._state.code:
            self._emit("```", closed)
        if tag in ("ul", "ol"):
            self._numbers.pop()
            self._apart = not self._numbers
        elif tag == "li":
            self._marker = ""
        self._apart = self._apart or (closed.apart and tag not in ("ul", "ol"))

    def handle_data(self, data: str) -> None:
        state = self._state
        if state.hidden:
            return
        if state.verbatim:
            first, *others = data.replace("\r\n", "\n").split("\n")
            self._pieces.append(Piece(first, markdown=True))
            for text in others:
                self._end_line(forced=True)
                self._pieces.append(Piece(text, markdown=True))
            return
        self._touched = self._touched or "\u00a0" in data
        text = _SPACES.sub(" ", _ZERO_WIDTH.sub("", data))
        if text and (self._pieces or text != " "):
            self._pieces.append(replace(state.piece, text=text))

    def finish(self) -> list[Line]:
        """The lines."""
        self._end_line()
        return self._lines

    def _void(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            if not self._state.hidden:
                self._pieces += _picture(given)
            return
        self._end_line(forced=tag == "br")
        if tag == "hr":
            self._apart = True
            self._emit("---", self._state)
            self._apart = True

    def _item(self, state: _State) -> tuple[str, _State]:
        """The marker of an item of a list, and the state with the indent of what is in it."""
        marker = "- "
        if self._state.numbered and self._numbers:
            marker = f"{self._numbers[-1]}. "
            self._numbers[-1] += 1
        return self._state.indent + marker, replace(state, indent=self._state.indent + " " * len(marker))

    def _end_line(self, *, forced: bool = False) -> None:
        state = self._state
        pieces = self._pieces
        text = "".join(piece.text for piece in pieces).rstrip() if state.verbatim else line(pieces)
        if text or forced or self._touched:
            heading = f"{'#' * int(state.tag[1])} " if text and re.fullmatch("h[1-6]", state.tag) else ""
            self._emit(heading + text, state)
        self._pieces, self._touched = [], False

    def _emit(self, text: str, state: _State) -> None:
        if state.hidden:
            return
        depth, cited = state.depth, state.cited
        if not state.code and (marks := _QUOTE_MARKS.match(text)):
            depth = min(depth + marks[0].count(">"), limits.MOST_QUOTED)
            cited, text = True, text[marks.end() :]
        if text:
            text = (self._marker or state.indent) + text
            self._marker = ""
            if self._apart and self._lines and not self._lines[-1].blank:
                self._lines.append(Line("", min(depth, self._lines[-1].depth), cited))
            self._apart = False
        self._lines.append(Line(text, depth, cited, state.mark, state.code))
        if len(self._lines) > limits.MOST_HTML_LINES:
            raise Unreadable("too-large")


def _inside(outer: _State, tag: str, given: dict[str, str]) -> _State:
    """What holds inside an element."""
    style, names = given.get("style", ""), f"{given.get('class', '')} {given.get('id', '')}"
    depth, cited, mark = outer.depth, outer.cited, outer.mark
    if tag == "blockquote":
        sent = given.get("type") == "cite" or "cite" in given or _CITING_CLASSES.search(names) is not None
        cited = cited or sent or _BORDERED.search(style) is not None
        if sent or not _INDENTED.search(style):
            depth += 1
    elif _CONTAINERS.search(names) or given.get("name") == "quote":
        depth, cited = depth + 1, True
    if given.get("id") in _CUTS:
        mark = "cut"
    elif _ATTRIBUTIONS.search(names):
        mark = "attribution"
    elif _SIGNATURES.search(names):
        mark = "signature"
    piece = outer.piece
    if tag == "a":
        piece = replace(piece, link=given.get("href", "")[:2_000])
    elif tag in _INLINE:
        piece = replace(piece, **{_INLINE[tag]: True})  # type: ignore[arg-type]
    tight = _TIGHT.search(given.get("class", "")) or _NO_MARGIN.search(style)
    quoting = "wrap" in given or "moz" in names or mark == "signature"
    return _State(
        tag=tag,
        depth=min(depth, limits.MOST_QUOTED),
        cited=cited,
        mark=mark,
        hidden=outer.hidden or _HIDDEN.search(style) is not None,
        apart=tag in _APART or (tag == "p" and not tight),
        piece=piece,
        verbatim=outer.verbatim or tag == "pre",
        code=outer.code or (tag == "pre" and not quoting and not depth),
        indent=outer.indent,
        numbered=tag == "ol" if tag in ("ol", "ul") else outer.numbered,
    )


def _picture(given: dict[str, str]) -> list[Piece]:
    """A picture that came with the mail; of others, which are fetched from elsewhere, what they say (a smiley)."""
    alt = " ".join(given.get("alt", "").split())[:200]
    source = given.get("src", "")
    if source.startswith("cid:"):
        return [Piece(f"![{re.sub(_BRACKETS, '', alt)}](<{re.sub('[<>]', '', source)}>)", markdown=True)]
    return [Piece(alt)] if alt else []
