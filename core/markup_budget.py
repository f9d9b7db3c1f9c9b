"""How much work one text may make: a short text can make a long page, and a parser that is busy for seconds.

Tables fill up missing cells, a link definition is repeated at each use, and each level of quotes goes through all lines
again. Work is counted while a text is parsed, and parsing ends at the first limit. People are told which one when they
save (`contracts.common.MARKDOWN`); a text that was stored before is shown as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import Any, LiteralString

from markdown_it.token import Token

MAX_BYTES = 200_000
"""The most UTF-8 bytes of a text: the 50,000 characters that people may send, in any script."""

MAX_CELLS = 2_000
"""The most cells of all tables in a text, with those that a short row lacks."""

MAX_NESTING = 40
"""How deep quotes, lists, links and emphasis may be nested. A list counts twice, for itself and for its item."""

MAX_TOKENS = 20_000
"""The most pieces of formatting: openings and closings of blocks, links and emphasis, and the texts between them."""

MAX_STEPS = 150_000
"""The most times that a rule looks at a line, or that a part of a link's label is passed over."""

MAX_BRACKETS = 4_000
"""The most opening brackets: for each the parser searches the closing one."""

MAX_ADDRESSES = 200_000
"""The most characters of all addresses and titles of links and pictures, as often as each is used."""

_SMALL = 4_000
_FEW_LINES = 100
_FEW_BRACKETS = 8
_FEW_MARKERS = 15
_FEW_DELIMITERS = 40
_NOT_SMALL = re.compile(r"[|\r]|\]:")
"""Tables, which fill up what is missing, and definitions of links, which are written at each use. And a line break that
the expressions here don't know."""
_BEGINNINGS = re.compile(r"^[ \t>*+\-\d.)]+", re.MULTILINE)
_MARKERS = re.compile(r"[>*+\-.)]")
_DELIMITERS = re.compile(r"[*_~]")

_BUDGET = "budget"
_CELLS = ("th_open", "td_open")


class OverBudget(Exception):
    """A text makes too much work. `code` names the limit in messages, `limit` is its number."""

    def __init__(self, code: LiteralString, limit: int) -> None:
        super().__init__(code, limit)
        self.code: LiteralString = code
        self.limit = limit


class Budget:
    """What one text has used so far."""

    def __init__(self) -> None:
        self.tokens = 0
        self.cells = 0
        self.steps = 0

    def count_token(self, kind: str, level: int) -> None:
        """A piece of formatting, inside `level` others."""
        self.tokens += 1
        if self.tokens > MAX_TOKENS:
            raise OverBudget("markup-too-much", MAX_TOKENS)
        if level > MAX_NESTING:
            raise OverBudget("markup-nested", MAX_NESTING)
        if kind in _CELLS:
            self.cells += 1
            if self.cells > MAX_CELLS:
                raise OverBudget("markup-cells", MAX_CELLS)

    def count_step(self) -> None:
        """A look at a part of the text."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise OverBudget("markup-lines", MAX_STEPS)


def budget_of(env: MutableMapping[str, Any]) -> Budget:
    """The budget of the text that is parsed with `env`; a new one where there is none."""
    budget: Budget | None = env.get(_BUDGET)
    if budget is None:
        budget = env[_BUDGET] = Budget()
    return budget


def with_budget(env: MutableMapping[str, Any], budget: Budget) -> MutableMapping[str, Any]:
    """The environment for parsing one text: a copy of `env` with its budget."""
    return {**env, _BUDGET: budget}


def check_text(text: str) -> None:
    """Raise `OverBudget` for a text that is not to be parsed at all."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise OverBudget("too-long", MAX_BYTES)
    if text.count("[") > MAX_BRACKETS:
        raise OverBudget("markup-brackets", MAX_BRACKETS)


def is_surely_within(text: str) -> bool:
    """Whether a text is within all limits by its length and its number of characters that are markup, so that it need
    not be parsed to know it. That is true of most texts; False says nothing.

    A quote is a level and a list two, and each begins with a marker at the beginning of a line. Emphasis is a level for
    at least two delimiters. Without definitions and tables the parser makes fewer than three pieces of formatting of a
    character, and passes over it once for each bracket, each marker and each rule.
    """
    if len(text) > _SMALL or text.count("\n") > _FEW_LINES or _NOT_SMALL.search(text):
        return False
    markers = sum(len(_MARKERS.findall(beginning)) for beginning in _BEGINNINGS.findall(text))
    if markers > _FEW_MARKERS or text.count("[") > _FEW_BRACKETS:
        return False
    return len(_DELIMITERS.findall(text)) <= _FEW_DELIMITERS


def check_tokens(tokens: Iterable[Token]) -> None:
    """Raise `OverBudget` for a parsed text whose HTML would be too long or too deep."""
    addresses = depth = 0
    for block in tokens:
        for token in block.children or ():
            depth += token.nesting
            if depth > MAX_NESTING:
                raise OverBudget("markup-nested", MAX_NESTING)
            if token.attrs:
                addresses += sum(len(str(value)) for value in token.attrs.values())
                if addresses > MAX_ADDRESSES:
                    raise OverBudget("markup-addresses", MAX_ADDRESSES)
