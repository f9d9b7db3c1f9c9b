"""What is too much is refused by its length, and the rest is read, whatever it is.

What took longer than a mail's length explains would not end within the time that a test has.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.markup import render
from services.mail.reading import Unreadable, authentication, delivery_report, limits, read

HEAD = b"From: anna@example.org\nTo: reply@space.example\nSubject: x\n"


def html(content: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + content


def plain(content: bytes) -> bytes:
    return HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + content


def mixed(content: bytes) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n" + content


def nested(levels: int) -> bytes:
    heads = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels))
    return HEAD + b"".join(heads) + b"Content-Type: text/plain\n\nhello\n"


REFUSED = {
    "a large mail": (plain(b"a" * limits.MOST_BYTES), "too-large"),
    "multiparts in multiparts": (nested(10_000), "too-nested"),
    "one level more than is read": (nested(limits.MOST_DEPTH + 1), "too-nested"),
    "the same boundary on each level": (
        mixed(b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 99_999),
        "too-large",
    ),
    "many parts": (mixed(b"--a\n\n" * 300_000), "too-large"),
    "many lines that are almost boundaries": (mixed(b"--ab\n" * 1_000_000), "too-large"),
    "many headers": (b"X: y\n" * 100_000 + plain(b"hello"), "too-large"),
    "one huge header": (b"X: " + b"y" * limits.MOST_HEAD + b"\n" + plain(b"hello"), "too-large"),
    "much text": (plain(b"a" * (limits.MOST_TEXT + 1)), "too-large"),
    "many lines": (plain(b"a\n" * (limits.MOST_LINES + 1)), "too-large"),
    "many tags": (html(b"<b>a</b>" * limits.MOST_TAGS), "too-large"),
    "tags in tags": (html(b"<div>" * 50_000), "too-nested"),
    "tags in tags, closed": (html(b"<div>" * 1_000 + b"</div>" * 1_000), "too-nested"),
    "closing tags that close nothing": (html(b"<div></x></b>" * 15_000), "too-nested"),
    "much text in base64": (
        HEAD + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b"QUFB" * 1_000_000,
        "too-large",
    ),
}
READ = {
    "encoded words": b"Subject: " + b"=?utf-8?q?=41?= " * 1_200 + b"\n" + plain(b"hello"),
    "encoded words that never end": b"Subject: " + b"=?a?q?" * 3_000 + b"\n" + plain(b"hello"),
    "a folded header": b"Subject: a\n" + b" b\n" * 100_000 + plain(b"hello"),
    "comments in comments": b"Cc: " + b"(" * 19_000 + b"\n" + plain(b"hello"),
    "parameters": HEAD + b"Content-Type: text/plain" + b'; a="b' * 3_000 + b"\n\nhello",
    "numbered parameters": HEAD + b"Content-Type: text/plain" + b"; a*0*=x" * 3_000 + b"\n\nhello",
    "a long line": plain(b"a" * 1_000_000 + b"\nhello"),
    "quote marks": plain(b">" * 1_000_000 + b"\nhello"),
    "quotes in turn": plain(b"> a\nhello\n" * 4_900),
    "attributions": plain(b"On 1/1/24 10:00, Bob <b@c.example> wrote:\n> a\n" * 4_900 + b"hello"),
    "lines with colons": plain((b"1" * 290 + b":\n> a\n") * 1_500 + b"hello"),
    "headers as text": plain(b"hello\n" + b"From: a\nTo: b\n\n\n\n" * 1_900),
    "separators": plain(b"hello\n" + b"-----Original Message-----\n" * 9_000),
    "separators of forwarded mails": plain(b"hello\n" + b"---------- Forwarded message ---------\n" * 4_900),
    "signatures": plain(b"-- \nhello\n" * 4_900),
    "sent from phones": plain(b"hello\n\n" + b"Sent from my iPhone\n" * 9_000),
    "quotes in quotes": html(b"<blockquote>" * 380 + b"<p>hello</p>" * 9_000),
    "links": html(b"<a href='http://x'>hello</a>" * 29_000),
    "list items": html(b"<ol>" + b"<li>hello" * 20_000),
    "an attribute": html(b"<a href='" + b"x" * 1_000_000 + b"'>hello</a>"),
    "attributes": html(b"<a " + b"x=y " * 300_000 + b">hello</a>"),
    "brackets": html(b"[" * 1_000_000 + b"hello"),
    "comments": html(b"hello" + b"<!--" * 50_000),
    "an escape of two charsets": HEAD
    + b"Content-Type: text/plain; charset=iso-2022-jp\n\nhello"
    + b"\x1b$B" * 300_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_much_is_refused(name: str) -> None:
    raw, reason = REFUSED[name]
    with pytest.raises(Unreadable) as refused:
        read(raw)
    assert refused.value.reason == reason


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_what_costs_others_much_is_read(name: str) -> None:
    assert "hello" in read(READ[name]).text


def test_the_deepest_mail_that_is_read() -> None:
    assert read(nested(limits.MOST_DEPTH)).text == "hello"


FRAGMENTS = [
    b"From: a@b.example\n",
    b"Subject: =?utf-8?b?w6\n",
    b"Content-Type: multipart/alternative; boundary=x\n",
    b"Content-Type: text/html; charset=gb2312\n",
    b"Content-Type: text/plain; format=flowed; delsp=yes\n",
    b"Content-Type: message/delivery-status\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b'Authentication-Results: x; dkim=pass (\\(;) header.d="a;b"\n',
    b"\n",
    b"\n--x\n",
    b"\n--x--\n",
    b"> quoted\n",
    b"-- \n",
    b"On 1/1/24 10:00, Bob <b@c.example> wrote:\n",
    b"-----Original Message-----\n",
    b"From: Bob\nSent: today\nTo: Eva\nSubject: x\n",
    b"<div class=gmail_quote><blockquote type=cite>",
    b"</div></table>",
    b"<pre>a\nb</pre><ol><li>",
    b"=E4=",
    b"\xff\x00\r",
    "\u202eäöü\u0301\U0001f600\n".encode(),
    b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n",
]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=20)), max_size=30))
def test_whatever_is_sent_is_read_or_refused(fragments: list[bytes]) -> None:
    raw = b"".join(fragments)
    for reading in (read, delivery_report, lambda raw: authentication(raw, "x")):
        try:
            reading(raw)
        except Unreadable:
            pass


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["<script>", "<b", ">", "&lt;", "\"'", "](", "javascript:", "[x]", "<img src=x onerror=y>", "a "]
        )
    )
)
def test_no_markup_of_a_mail_reaches_a_page(pieces: list[str]) -> None:
    for raw in (plain("".join(pieces).encode()), html("".join(pieces).encode())):
        shown = render(read(raw).text, wiki_url="https://w.example/$1", language="en")
        assert "<script" not in shown
        assert "<img" not in shown
        assert not re.search('href="javascript:', shown)
