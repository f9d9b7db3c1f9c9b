"""Bytes become text: charsets as they are declared, as they are meant, and transfer encodings that were damaged."""

from __future__ import annotations

import base64

import pytest

from services.mail.reading import Unreadable, read
from services.mail.reading.charsets import decoded, transfer_decoded
from services.mail.reading.headers import words


def mail(content: bytes, charset: str = "", encoding: str = "8bit", media_type: str = "text/plain") -> bytes:
    named = f"; charset={charset}" if charset else ""
    head = f"From: a@b.example\nContent-Type: {media_type}{named}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + content


@pytest.mark.parametrize(
    ("text", "written", "declared"),
    [
        ("Grüße aus Köln", "utf-8", "utf-8"),
        ("Grüße aus Köln", "utf-8", '"UTF8"'),
        ("Grüße aus Köln", "utf-8", "iso-8859-1"),
        ("Grüße aus Köln", "utf-8", "us-ascii"),
        ("Grüße aus Köln", "utf-8", "unknown-8bit"),
        ("Grüße aus Köln", "utf-8", "x-nobody-knows"),
        ("Grüße aus Köln", "utf-8", ""),
        ("Grüße aus Köln", "latin-1", ""),
        ("Grüße aus Köln", "latin-1", "utf-8"),
        ("“Grüße” – 5 €", "cp1252", "iso-8859-1"),
        ("“Grüße” – 5 €", "cp1252", "us-ascii"),
        ("Привет, карта", "koi8-r", "koi8-r"),
        ("Привет, карта", "cp1251", "windows-1251"),
        ("Zażółć gęślą", "iso8859-2", "ISO-8859-2"),
        ("İstanbul'da görüşürüz", "cp1254", "iso-8859-9"),
        ("שלום לכולם", "cp1255", "iso-8859-8-i"),
        ("สวัสดี", "cp874", "tis-620"),
        ("地图很好", "gbk", "gb2312"),
        ("镕基 𠀀", "gb18030", "gb2312"),
        ("地圖很好", "big5", "big5"),
        ("地図です①", "cp932", "shift_jis"),
        ("地図です", "iso2022_jp", "iso-2022-jp"),
        ("지도가 좋아요 똠", "cp949", "ks_c_5601-1987"),
        ("地图", "hz", "hz-gb-2312"),
        ("x Grüße", "utf-16", "utf-16"),
    ],
)
def test_a_text_is_read_as_it_was_meant(text: str, written: str, declared: str) -> None:
    assert read(mail(text.encode(written), declared)).text == text


@pytest.mark.parametrize("charset", ["utf-7", "UNICODE-1-1-UTF-7", '"utf-7"'])
def test_utf_7_is_refused(charset: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(mail(b"+ADw-script+AD4-", charset))
    assert refused.value.reason == "undecodable"


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "idna", "punycode", "zlib_codec", "rot13", "undefined", "hex"]
)
def test_codecs_that_are_no_charsets_are_not_used(charset: str) -> None:
    assert decoded("\\x41 é".encode(), charset) == "\\x41 é"


def test_the_charset_of_a_html_text_may_be_named_in_it() -> None:
    content = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'.encode("cp1251")
    assert read(mail(content, media_type="text/html")).text == "Привет"


def test_a_character_that_was_cut_costs_one_sign() -> None:
    assert decoded("Grüße aus Köln, ä".encode()[:-1], "utf-8") == "Grüße aus Köln, �"


def test_control_characters_and_what_reverses_a_text_are_left_out() -> None:
    assert decoded("a\x00b\x1b[31m\u202ec\ufeff\r\nd".encode(), "utf-8") == "ab[31mc\nd"


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        (b"Gr=C3=BC=C3=9Fe", "quoted-printable", "Grüße"),
        (b"a =\nb=20=\n", "quoted-printable", "a b "),
        (b"a =  \nb", "quoted-printable", "a b"),
        (b"1 = 2, =ZZ, =", "quoted-printable", "1 = 2, =ZZ, "),
        (b"=c3=bc", "Quoted-Printable", "ü"),
        (base64.b64encode("Grüße aus Köln".encode()), "base64", "Grüße aus Köln"),
        (b"R3LD vMOf\n\n ZQ==", "base64", "Grüße"),
        (b"R3LDvMOfZQ", "base64", "Grüße"),
        (b"R3LDvMOfZQ==\n____\nA list's footer", "base64", "Grüße"),
        (b"R3LDvMOfZ", "base64", "Grüß"),
        (b"as it is", "x-unknown", "as it is"),
    ],
)
def test_a_damaged_encoding_is_read_as_far_as_it_can_be(content: bytes, encoding: str, text: str) -> None:
    assert transfer_decoded(content, encoding).decode() == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?B?R3LDvA==?= =?utf-8?B?w59l?=", "Grüße"),
        ("=?utf-8?q?Gr=C3?=\n =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        ("=?iso-8859-1?Q?caf=E9?= noir", "café noir"),
        ("=?utf-8*de?q?a_b?= =?iso-8859-1?q?=FC?=", "a bü"),
        ("=?gb2312?B?tdjNvA==?=", "地图"),
        ("=?utf-7?q?+ADw-?=", ""),
        ("=?utf-8?b?!!!?= end", " end"),
        ("=?utf-8?q?no end", "=?utf-8?q?no end"),
    ],
)
def test_encoded_words_of_headers(written: str, text: str) -> None:
    assert words(written) == text
