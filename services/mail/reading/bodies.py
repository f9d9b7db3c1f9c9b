"""Finds in a mail's parts the text that is to be read, pictures and other files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from services.mail.reading import html_text, limits, plain
from services.mail.reading.charsets import decoded
from services.mail.reading.errors import Unreadable
from services.mail.reading.lines import Line
from services.mail.reading.parts import Part

PICTURE_IN_TEXT = re.compile(r"!\[[^\[\]]{0,200}\]\(<cid:([^<>]{1,250})>\)")
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE
)
_HTML = ("text/html", "application/xhtml+xml")
_ENCRYPTED = (
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pgp-encrypted",
)
_WINMAIL = ("application/ms-tnef", "application/vnd.ms-tnef")
_SIGNATURES = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-keys",
)
_PICTURES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
}


class Bodies:
    """What a mail holds.

    `lines`: its text. `plain_lines`: that of its plain version, where `lines` were made of HTML. `pictures`: their
    parts and types. `files`: the names of other attachments. `left_out`: what can't be read.
    """

    def __init__(self, mail: Part) -> None:
        self.lines: list[Line] = []
        self.plain_lines: list[Line] = []
        self.pictures: list[tuple[Part, str]] = []
        self.files: list[str] = []
        self.left_out: set[str] = set()
        self._read = 0
        self._add(mail)

    def shown_pictures(self) -> set[str]:
        """The ids of the pictures that stand anywhere in the text, also in quotes and signatures."""
        return {id for line in self.lines for id in pictures_in(line.text)}

    def _add(self, part: Part) -> None:
        kind = part.media_type
        if kind in _ENCRYPTED:
            raise Unreadable("encrypted")
        if kind == "multipart/alternative":
            self._add_best(part)
        elif kind in ("multipart/signed", "multipart/report"):
            for inner in part.parts[:1]:
                self._add(inner)
        elif part.parts:
            for inner in part.parts:
                self._add(inner)
        elif (
            part.disposition != "attachment"
            and not part.file_name
            and (kind == "text/plain" or kind in _HTML)
        ):
            self.lines += self._text(part)
        else:
            self._add_file(part)

    def _add_best(self, part: Part) -> None:
        """Of several versions the one in HTML, since its markup says what is quoted; else the plain one."""
        formatted = [inner for inner in part.parts if any(each.media_type in _HTML for each in inner.walk())]
        others = [inner for inner in part.parts if inner not in formatted]
        plain_text = next((inner for inner in others if inner.media_type == "text/plain"), None)
        if formatted:
            before = len(self.lines)
            try:
                self._add(formatted[-1])
            except Unreadable as refused:
                if plain_text is None or refused.reason == "encrypted":
                    raise
                del self.lines[before:]
                self._add(plain_text)
            else:
                self.plain_lines += self._text(plain_text) if plain_text is not None else []
        else:
            for inner in others[-1:] if plain_text is None else [plain_text]:
                self._add(inner)

    def _text(self, part: Part) -> list[Line]:
        content = part.content()
        self._read += len(content)
        if self._read > limits.MOST_TEXT or content.count(b"\n") > limits.MOST_LINES:
            raise Unreadable("too-large")
        charset = part.parameters.get("charset", "")
        if part.media_type == "text/plain":
            return plain.lines_of(decoded(content, charset), part.parameters)
        if not charset and (named := _META_CHARSET.search(content[:4_000])):
            charset = named[1].decode("ascii")
        return html_text.lines_of(decoded(content, charset))

    def _add_file(self, part: Part) -> None:
        kind, name = part.media_type, part.file_name
        by_name = _PICTURES.get(PurePosixPath(name.lower()).suffix, "")
        if kind in _SIGNATURES:
            return
        if kind in _WINMAIL or name.lower() == "winmail.dat":
            self.left_out.add("winmail")
        elif (kind.startswith("image/") and kind != "image/svg+xml") or (
            kind == "application/octet-stream" and by_name
        ):
            self.pictures.append((part, kind if kind.startswith("image/") else by_name))
        elif kind.startswith("message/") or name or part.encoded:
            self.files.append(name or kind)


def pictures_in(text: str) -> list[str]:
    """The ids of the pictures in a text in Markdown."""
    return [unquote(id) for id in PICTURE_IN_TEXT.findall(text)]
