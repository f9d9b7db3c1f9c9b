"""Finds ``@name`` in texts, also in scripts that put no space after it: ``谢谢@member的帮助``.

There the letters that follow ``@`` are more than a name, and only whoever knows all names can say where it ends. So a
mention has candidates, the longest first: the letters up to the next character that can't be in a name, and each
beginning of them that is followed by a letter of a script without spaces. The longest candidate that is a person's name
is meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import quote

from markdown_it.rules_inline import StateInline

from core.markup_links import push_link
from core.names import NAME_LENGTHS, is_name, may_be_in_name, name_key

# Scripts that put no space between words, and Korean, whose particles follow a name directly: Thai, Lao, Tibetan,
# Myanmar, Hangul, Khmer, kana, Han.
_SPACELESS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_AMBIGUOUS = re.compile(rf"@[\w.-]{{1,{4 * NAME_LENGTHS.stop}}}(?<={_SPACELESS.pattern})")
_BEFORE = re.compile(r"[\w@./%+=&#?:$~-]")


def may_be_ambiguous(text: str) -> bool:
    """Whether a text may have a mention with several candidates: a quick look, without parsing it."""
    return _AMBIGUOUS.search(text) is not None


def mention(state: StateInline, silent: bool) -> bool:
    """Inline rule for ``@name``. ``known_names`` in the environment, keys of names, decides between candidates."""
    pos, source = state.pos, state.src
    if source[pos] != "@" or state.linkLevel > 0:
        return False
    if pos > 0 and _BEFORE.match(source[pos - 1]) and not _SPACELESS.match(source[pos - 1]):
        return False  # an e-mail address, or a path
    # NFC shortens a name: before it a name may have more characters, at most about 4 times as many.
    end = pos + 1
    limit = min(state.posMax, pos + 1 + 4 * NAME_LENGTHS.stop)
    while end < limit and may_be_in_name(source[end]):
        end += 1
    if end < state.posMax and source[end] == "@" and not _SPACELESS.match(source[end - 1]):
        return False  # @name@another.host is a person elsewhere
    written = source[pos + 1 : end]
    found = _candidates(written)
    chosen = _meant(written, found, state.env.get("known_names"))
    if chosen is None:
        return False
    if not silent:
        name = found[chosen]
        attrs = {"href": f"/people/{quote(name, safe='')}", "class": "mention", "dir": "auto"}
        push_link(state, f"@{name}", attrs, {"mention": name, "candidates": list(found.values())})
    state.pos = pos + 1 + chosen
    return True


def _candidates(written: str) -> dict[int, str]:
    """The possible names at the beginning of ``written``, the longest first, by their length in it."""
    ends = [len(written), *(at for at in range(len(written) - 1, 0, -1) if _SPACELESS.match(written[at]))]
    found: dict[int, str] = {}
    for end in ends:
        beginning = written[:end].rstrip(".-")
        name = unicodedata.normalize("NFC", beginning)
        if is_name(name):
            found.setdefault(len(beginning), name)
    return found


def _meant(written: str, found: dict[int, str], known: Collection[str] | None) -> int | None:
    """The length of the candidate that is meant, None if there is none.

    Without knowledge of names it is the one before the first letter of a script without spaces, if other letters come
    before it, else the longest. A name that has only one candidate need not be known.
    """
    if len(found) < 2:
        return next(iter(found), None)
    if known is not None:
        return next((length for length, name in found.items() if name_key(name) in known), None)
    for at in range(1, len(written)):
        if _SPACELESS.match(written[at]) and not _SPACELESS.match(written[at - 1]):
            return at if at in found else next(iter(found))
    return next(iter(found))
