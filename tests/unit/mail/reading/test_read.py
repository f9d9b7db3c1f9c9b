"""A mail is read from its bytes: its head, what is new in it, and its pictures."""

from __future__ import annotations

import base64

import pytest

from services.mail.reading import Unreadable, read

HEAD = b"""\
From: =?utf-8?q?Anna_M=C3=BCller?= <anna@Example.org>
To: Space <reply+abc@mail.space.example>
Subject: Re: Hall=?utf-8?B?w7Y=?=
Message-ID: <1@example.org>
In-Reply-To: <post.7@space.example>
References: <topic.3@space.example> <post.7@space.example>
MIME-Version: 1.0
"""
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def plain(text: str, head: bytes = HEAD, charset: str = "utf-8") -> bytes:
    return head + f"Content-Type: text/plain; charset={charset}\n\n{text}".encode(charset)


def test_the_head_says_who_wrote_it_and_what_it_answers() -> None:
    found = read(plain("Thanks!\n"))
    assert (found.sender, found.sender_name) == ("anna@example.org", "Anna Müller")
    assert found.subject == "Re: Hallö"
    assert (found.message_id, found.in_reply_to) == ("1@example.org", ("post.7@space.example",))
    assert found.references == ("topic.3@space.example", "post.7@space.example")
    assert found.recipients == ("reply+abc@mail.space.example",)
    assert (found.automatic, found.may_be_answered, found.text) == ("", True, "Thanks!")


@pytest.mark.parametrize(
    "sender",
    [
        b"a@example.org, b@example.org",
        b"a@example.org <b@example.org> <c@example.org>",
        b"nobody",
        b'"a@example.org"',
        b"undisclosed:;",
        b"a@example.org (" + b"(" * 5_000,
    ],
)
def test_a_sender_that_is_not_one_address_is_none(sender: bytes) -> None:
    head = HEAD.replace(b"=?utf-8?q?Anna_M=C3=BCller?= <anna@Example.org>", sender)
    assert read(plain("Thanks!", head)).sender in ("", "a@example.org" if b"(((" in sender else "")


def test_two_senders_are_none() -> None:
    assert read(b"From: eva@example.org\n" + plain("Thanks!")).sender == ""


def test_an_address_in_a_name_is_a_name() -> None:
    head = HEAD.replace(b"=?utf-8?q?Anna_M=C3=BCller?=", b'"admin@space.example"')
    assert read(plain("Thanks!", head)).sender == "anna@example.org"


PRIVATE = ("https://space.example/mail/", "reply+")


@pytest.mark.parametrize(
    "word",
    [
        "https://space.example/mail/SECRET",
        "<https://space.example/mail/SECRET>,",
        "HTTPS://Space.Example/mail/SECRET",
        "reply+SECRET@mail.space.example.",
        "Reply+SECRET@mail.space.example",
        "https://links.example/?url=https%3A%2F%2Fspace.example%2Fmail%2FSECRET&data=x",
        "https://links.example/?url=https%253A%252F%252Fspace.example%252Fmail%252FSECRET",
        "[end](https://space.example/mail/SECRET)",
    ],
)
def test_what_is_private_leaves_no_trace_in_the_text(word: str) -> None:
    found = read(plain(f"Short answer\n\n> see {word} now\n\nYes: {word}\n"), PRIVATE)
    assert found.text == "Short answer\n\n> see … now\n\nYes: …"


def test_what_is_private_leaves_no_trace_of_a_link_in_html() -> None:
    html = (
        "Content-Type: text/html\n\n<p>See <a href='https://space.example/mail/SECRET'>this</a> and that</p>"
    )
    assert read(HEAD + html.encode(), PRIVATE).text == "See … and that"


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--=_b\n" + part + b"\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b'; boundary="=_b"\n\n' + body + b"--=_b--\n"


def attached(name: str, media_type: str = "image/png", head: str = "", content: bytes = PICTURE) -> bytes:
    lines = f'Content-Type: {media_type}; name="{name}"\nContent-Transfer-Encoding: base64\n{head}\n'
    return lines.encode() + base64.encodebytes(content)


TEXT = b"Content-Type: text/plain\n\nLook!\n"


def test_attached_pictures_are_there_and_other_files_are_named() -> None:
    file = attached("report.pdf", "application/pdf", "Content-Disposition: attachment\n")
    found = read(mixed(TEXT, attached("sun.png"), file, attached("winmail.dat", "application/ms-tnef")))
    assert [(each.name, each.media_type, each.content) for each in found.pictures] == [
        ("sun.png", "image/png", PICTURE)
    ]
    assert (found.text, found.files) == ("Look!", ("report.pdf",))
    assert found.left_out == {"winmail"}


def test_a_picture_in_the_text_stays_in_its_place_and_one_in_a_signature_goes() -> None:
    html = (
        b"Content-Type: text/html\n\n<p>See <img src='cid:sun@x' alt='the sun'> here</p>"
        b"<div class='gmail_signature'>Anna <img src='cid:logo@x'></div>\n"
    )
    sun = attached("sun.png", head="Content-ID: <sun@x>\n")
    logo = attached("logo.png", head="Content-ID: <logo@x>\n")
    found = read(mixed(html, sun, logo, kind=b"related"))
    assert found.text == "See ![the sun](<cid:sun@x>) here"
    assert [(each.name, each.id) for each in found.pictures] == [("sun.png", "sun@x")]


def test_texts_around_a_picture_are_read_as_one() -> None:
    above = b"Content-Type: text/html\n\n<div>Here:</div>\n"
    below = (
        b"Content-Type: text/html\n\n<div>Fine?</div><blockquote type=cite><div>On 1 Jan 2024, at 10:00, Bob "
        b"&lt;b@c.example&gt; wrote:</div><div>Old</div></blockquote>\n"
    )
    found = read(mixed(above, attached("sun.jpg", "image/jpeg"), below))
    assert (found.text, len(found.pictures)) == ("Here:\nFine?", 1)


def test_the_plain_version_is_read_where_the_formatted_one_is_too_much() -> None:
    formatted = b"Content-Type: text/html\n\n" + b"<div>" * 5_000
    assert read(mixed(TEXT, formatted, kind=b"alternative")).text == "Look!"
    with pytest.raises(Unreadable):
        read(mixed(formatted, kind=b"alternative"))


def test_a_version_that_is_all_quote_is_no_answer_if_the_other_one_has_text() -> None:
    formatted = b"Content-Type: text/html\n\n<blockquote type=cite><p>Look!</p></blockquote>\n"
    assert read(mixed(TEXT, formatted, kind=b"alternative")).text == "Look!"


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/encrypted; boundary=x\n\n--x\n\nhello\n--x--\n",
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n",
        b"Content-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
    ],
)
def test_an_encrypted_mail_is_said_to_be_one(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(HEAD + content)
    assert refused.value.reason == "encrypted"


def test_a_signed_mail_is_read() -> None:
    signature = attached("signature.asc", "application/pgp-signature")
    assert read(mixed(TEXT, signature, kind=b"signed")).text == "Look!"
    inline = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nLook!\n- -- \nAnna\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    assert read(plain(inline)).text == "Look!"
