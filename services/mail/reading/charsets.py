"""From bytes to text: transfer encodings (RFC 2045) and charsets, also those that are declared wrong."""

from __future__ import annotations

import binascii
import re

from services.mail.reading.errors import Unreadable

_LATIN = {
    **dict.fromkeys(
        ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "l1"), "cp1252"
    ),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "latin5", "windows-1254", "cp1254"), "cp1254"),
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **{f"cp{n}": f"cp{n}" for n in (437, 850, 852, 862, 866, 1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **dict.fromkeys(("iso-8859-8", "iso-8859-8-i", "iso-8859-8-e"), "cp1255"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874", "cp874"), "cp874"),
    "latin2": "iso8859_2",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "koi8": "koi8_r",
    "macintosh": "mac_roman",
}
"""Charsets of one byte a character. What calls itself ISO-8859-1 is windows-1252, which has more characters; likewise
for its relatives."""

_OTHERS = {
    **dict.fromkeys(("utf-8", "utf8", "utf8mb4", "unicode-1-1-utf-8", "cp65001"), "utf-8"),
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
    **dict.fromkeys(
        ("gb2312", "gbk", "x-gbk", "gb18030", "gb_2312-80", "euc-cn", "cp936", "windows-936"), "gb18030"
    ),
    **dict.fromkeys(("big5", "big5-hkscs", "cp950", "cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(
        ("shift_jis", "shift-jis", "sjis", "x-sjis", "cp932", "windows-31j", "ms_kanji"), "cp932"
    ),
    **dict.fromkeys(("iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-ms"), "iso2022_jp_2"),
    "euc-jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "iso-2022-kr": "iso2022_kr",
    "hz-gb-2312": "hz",
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ks_c_5601", "cp949", "windows-949", "korean"), "cp949"),
}
"""Charsets of several bytes a character. The successors are read in the place of GB 2312, KS X 1001 and Shift JIS:
programs write those under the old names. No other charset is read: Python has some that are none, or take long."""

_REFUSED = ("utf-7", "unicode-1-1-utf-7", "utf7")
"""Their characters hide in others. RFC 2152 is not for the public internet, and no program has written it for long."""

_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_SOFT_BREAK = re.compile(rb"=[ \t]+\n")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff\u202d\u202e]")
_WITHOUT_SIGN = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})


def transfer_decoded(content: bytes, encoding: str) -> bytes:
    """The bytes without their transfer encoding. Never raises: damaged ones are read as far as they can be."""
    named = encoding.partition(";")[0].strip().lower()
    if named == "base64":
        return _base64_decoded(content)
    if named == "quoted-printable":
        return quoted_decoded(content)
    return content


def quoted_decoded(content: bytes) -> bytes:
    """The bytes without quoted-printable; what isn't any stays as it is."""
    return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", content))


def decoded(content: bytes, charset: str) -> str:
    """The text that bytes are. `charset` as it is declared, `""` if it isn't.

    Raises `Unreadable` (`undecodable`) for UTF-7. Bytes that aren't of their charset become U+FFFD.
    """
    named = charset.strip().strip("\"'").lower().partition(";")[0].strip()
    if named in _REFUSED:
        raise Unreadable("undecodable")
    if content.isascii() and not named.startswith(("iso-2022", "hz", "utf-16", "utf-32")):
        return clean(content.decode("ascii"))
    if named in _OTHERS and _OTHERS[named] != "utf-8":
        found = _strict(content, _OTHERS[named])
        if found is None:
            found = _strict(content, "utf-8")
        return clean(content.decode(_OTHERS[named], "replace") if found is None else found)
    # UTF-8 is what most programs write now, also where they name another; hardly another text is valid UTF-8.
    found = _strict(content, "utf-8")
    if found is None and named not in _LATIN and _is_broken_utf8(content):
        found = content.decode("utf-8", "replace")
    if found is None:
        codec = _LATIN.get(named, "cp1252")
        found = content.decode(codec, "replace") if codec != "cp1252" else _windows(content)
    return clean(found)


def clean(text: str) -> str:
    """A text with `\\n` as its line breaks, and without control characters and what reverses its direction."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


def _is_broken_utf8(content: bytes) -> bool:
    """Whether most of it is UTF-8 (a character that was cut, a line of another charset)."""
    beyond = [char for char in content[:100_000].decode("utf-8", "replace") if char > "\x7f"]
    return beyond.count("\ufffd") * 2 < len(beyond)


def _windows(content: bytes) -> str:
    """As windows-1252, and as ISO-8859-1 what it has no sign for."""
    return (
        content.decode("cp1252", "replace") if not _WITHOUT_SIGN & set(content) else content.decode("latin-1")
    )


def _base64_decoded(content: bytes) -> bytes:
    """Up to its end: behind that some servers add a text of their own."""
    kept = content.translate(None, _NOT_BASE64).partition(b"=")[0]
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
