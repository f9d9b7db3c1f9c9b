"""Cleans what people write: nothing invisible counts as text, and nothing changes how other text is shown.

Controls of a text's direction: an override (LRO, RLO) shows letters in another order than they have, by which names
and addresses are forged; an embedding or isolate that is not closed reaches into what follows. One line has none of
them. A longer text keeps embeddings and isolates, since a browser ends them with the paragraph. The marks LRM, RLM
and ALM, and the joiners that scripts need, stay.
"""

from __future__ import annotations

import re
import unicodedata

# C0 without tab and line feed, DEL, C1, and noncharacters: PostgreSQL or XML refuses some, and none is text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_OVERRIDE = re.compile("[\u202d\u202e]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")

# Letters, marks and symbols that show as nothing (Unicode's Default_Ignorable_Code_Point, and the blank of Braille).
_BLANK = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def clean_line(text: str) -> str:
    """A title or name as it is stored: in NFC, on one line, with single spaces.

    Empty if nothing of it can be seen.
    """
    text = _DIRECTION.sub("", _CONTROL.sub("", _LINE_BREAK.sub(" ", text)))
    return unicodedata.normalize("NFC", " ".join(text.split())) if is_visible(text) else ""


def clean_text(text: str) -> str:
    """A text of several lines as it is stored: line breaks are U+000A. Empty if nothing of it can be seen."""
    text = _OVERRIDE.sub("", _CONTROL.sub("", _LINE_BREAK.sub("\n", text)))
    return text if is_visible(text) else ""


def is_visible(text: str) -> bool:
    """Whether a text has a character that can be seen: no space, control or format character, and no lone mark."""
    return any(unicodedata.category(char)[0] not in "ZCM" for char in _BLANK.sub("", text))


def has_invisible(text: str) -> bool:
    """Whether a text has a letter, mark or symbol that shows as nothing, so that it looks like another text."""
    return _BLANK.search(text) is not None
