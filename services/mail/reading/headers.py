"""The headers of a mail: encoded words (RFC 2047), addresses and ids of mails (RFC 5322)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Sequence

from services.mail.reading.charsets import decoded, quoted_decoded
from services.mail.reading.errors import Unreadable

_WORD = re.compile(r"=\?([A-Za-z0-9_.:()+-]{1,60})(?:\*[A-Za-z0-9-]{1,40})?\?([bBqQ])\?([^?]{0,2000})\?=")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]+")
_ID = re.compile(r"<\s*([^<>\s]{1,250})\s*>")
_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,190}""")
_MOST_IDS = 100
_MOST_ADDRESSES = 200


class Headers:
    """The headers of a part, in their order. Names are in lower case."""

    def __init__(self, pairs: Sequence[tuple[str, bytes]]) -> None:
        self._pairs = pairs

    def all(self, name: str) -> list[str]:
        """The values of all headers of this name, as they are written."""
        return [_as_text(value) for each, value in self._pairs if each == name]

    def names(self) -> list[str]:
        """The name of each header."""
        return [name for name, _ in self._pairs]

    def items(self) -> Iterator[tuple[str, str]]:
        """Each header: its name and its value."""
        for name, value in self._pairs:
            yield name, _as_text(value)

    def text(self, name: str) -> str:
        """The value of the first header of this name, `""` without one."""
        return next((_as_text(value) for each, value in self._pairs if each == name), "")

    def words(self, name: str, most: int = 500) -> str:
        """What the first header of this name says, with its encoded words decoded, in one line of `most` characters."""
        return one_line(words(self.text(name)), most)

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids of mails that headers of this name hold, without angle brackets; of many the last."""
        found = [id for value in self.all(name) for id in _ID.findall(value)]
        return tuple(found[-_MOST_IDS:])

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses that headers of this name hold, their domains in lower case."""
        found = [address for value in self.all(name) for _, address in mailboxes(value)]
        return tuple(found[:_MOST_ADDRESSES])


def one_line(text: str, most: int = 500) -> str:
    """A text without control characters and line breaks, cut to `most` characters."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:most]


def words(value: str) -> str:
    """A header's text with its encoded words decoded. Never raises: what can't be decoded stays as it is."""
    out: list[str] = []
    charset, collected, end = "", b"", 0
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        content = _word_content(found[2].lower(), found[3])
        # White space between two words isn't shown, and programs cut characters of several bytes between them.
        if end and not between.strip() and found[1].lower() == charset:
            collected += content
        else:
            out += [_decoded_word(charset, collected), "" if end and not between.strip() else between]
            charset, collected = found[1].lower(), content
        end = found.end()
    return "".join([*out, _decoded_word(charset, collected), value[end:]])


def mailboxes(value: str) -> list[tuple[str, str]]:
    """The names and addresses of a list of mailboxes. What has no address is left out.

    A name that looks like an address is never taken for one, and of a mailbox with two addresses neither is.
    """
    found = []
    for name, angles, rest in _split(value):
        addresses = angles if angles else [rest]
        if len(addresses) == 1 and _ADDRESS.fullmatch(address := addresses[0].strip()):
            local, _, domain = address.rpartition("@")
            found.append((one_line(words(name if angles else ""), 200), f"{local}@{domain.lower()}"))
    return found


def _split(value: str) -> Iterator[tuple[str, list[str], str]]:
    """Each mailbox of a list: its name, what is in angle brackets, and what is outside of them and of quotes."""
    name: list[str] = []
    bare: list[str] = []
    angles: list[list[str]] = []
    comments, quoted, in_angle, escaped = 0, False, False, False
    for char in value:
        target = angles[-1] if in_angle else name
        if escaped:
            escaped = False
            if not comments:
                target.append(char)
        elif char == "\\" and (quoted or comments):
            escaped = True
        elif quoted:
            quoted = char != '"'
            if quoted:
                target.append(char)
        elif comments or char == "(":
            comments += {"(": 1, ")": -1}.get(char, 0)
        elif char == '"':
            quoted = True
        elif in_angle:
            in_angle = char != ">"
            if in_angle:
                target.append(char)
        elif char == "<":
            in_angle = True
            angles.append([])
        elif char in ",;":
            yield "".join(name), ["".join(each) for each in angles], "".join(bare)
            name, bare, angles = [], [], []
        elif char == ":" and not angles:
            name, bare = [], []  # the name of a group ends
        else:
            name.append(char)
            bare.append(char)
    yield "".join(name), ["".join(each) for each in angles], "".join(bare)


def _as_text(value: bytes) -> str:
    """A header's bytes as text: headers should be ASCII; UTF-8 is what others are."""
    if value.isascii():
        return value.decode("ascii")
    return decoded(value, "")


def _word_content(encoding: str, content: str) -> bytes:
    if encoding == "q":
        return quoted_decoded(content.replace("_", " ").encode("utf-8"))
    kept = re.sub("[^A-Za-z0-9+/]", "", content)
    try:
        return binascii.a2b_base64(kept[: len(kept) - (len(kept) % 4 == 1)] + "=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return b""


def _decoded_word(charset: str, content: bytes) -> str:
    try:
        return decoded(content, charset)
    except Unreadable:
        return ""


def domain_of(address: str) -> str:
    """The domain of an address, in lower case; `""` without one."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def first_words(values: Iterable[str]) -> list[str]:
    """The first word of each value, in lower case."""
    return [one_line(value).partition(";")[0].partition(" ")[0].lower() for value in values]
