"""Emphasis in scripts without spaces, where CommonMark's rule leaves the asterisks in the text.

CommonMark takes ``**`` before a punctuation mark for an opening delimiter only after a space or punctuation mark, and
likewise for closing ones. In Chinese, Japanese and Korean there is none: ``これは**「重要」**です``. The amended rule
is that of the specification *CommonMark CJK-friendly amendments* (tats-u): a CJK punctuation mark does not count as
punctuation, and a CJK character beside the delimiter counts like a space. Other texts are parsed as before.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from core.markup_budget import budget_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


class CjkParserInline(ParserInline):
    """The inline parser with the amended rule."""

    def parse(self, src: str, md: MarkdownIt, env: dict[str, object], tokens: list[Token]) -> list[Token]:  # type: ignore[override]
        """See `ParserInline.parse`, which has no other way to name the class of the state."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens

    def skipToken(self, state: StateInline) -> None:
        """See `ParserInline.skipToken`; each is counted."""
        budget_of(state.env).count_step()
        super().skipToken(state)


class _State(StateInline):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Add a token; each is counted."""
        token = super().push(ttype, tag, nesting)
        budget_of(self.env).count_token(ttype, self.level)
        return token

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Whether a run of delimiters can open and close emphasis, and its length."""
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before, after = _before(self.src, start), self.src[end] if end < self.posMax else " "
        cjk_before, cjk_after = _is_cjk(before), _is_cjk(after)
        stop_before = _is_punctuation(before) and not cjk_before
        stop_after = _is_punctuation(after) and not cjk_after
        space_before, space_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
        left = not space_after and (not stop_after or space_before or stop_before or cjk_before)
        right = not space_before and (not stop_before or space_after or stop_after or cjk_after)
        can_open = left and (canSplitWord or not right or _is_punctuation(before))
        can_close = right and (canSplitWord or not left or _is_punctuation(after))
        return Scanned(can_open, can_close, end - start)


def _before(source: str, start: int) -> str:
    """The character before a position, a space at the start. A variation selector only changes the look of another."""
    at = start - 1
    while at >= 0 and ("\ufe00" <= source[at] <= "\ufe0e" or "\U000e0100" <= source[at] <= "\U000e01ef"):
        at -= 1
    return source[at] if at >= 0 else " "


@lru_cache(maxsize=1024)
def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


@lru_cache(maxsize=1024)
def _is_cjk(char: str) -> bool:
    """Whether a character is written in Chinese, Japanese or Korean: wide, fullwidth or halfwidth, but no emoji."""
    return unicodedata.east_asian_width(char) in ("W", "F", "H") and unicodedata.category(char)[0] in "LMNP"
