"""Copies of a message are what would have been made anew, byte for byte, whatever is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from bus.mail.copies import Copies
from bus.mail.message import POLICY, Encoding, MailHead, MailText, build_message
from core.mail_server import parse_sender

SENDER = parse_sender("Space <space@space.example>")
MOMENT = datetime(2026, 5, 4, tzinfo=UTC)
TOKENS = st.text("abcXYZ019_-", min_size=20, max_size=20)
TEXTS = st.text(max_size=400).map(lambda text: re.sub(r"[\r\x00\ud800-\udfff]", " ", text))


def made(to: str, own: Sequence[str], words: str, encoding: Encoding = "quoted-printable") -> bytes:
    link = own[0]
    text = MailText(
        words[:50], f"{words}\n\nhttps://space.example/mail/{link}\n\n{words}",
        f'<p>{words}</p><a href="https://space.example/mail/{link}">.</a>', "en",
    )  # fmt: skip
    head = MailHead(id="post.abc", headers={"List-Unsubscribe": f"<https://space.example/mail/{link}>"})
    message = build_message(text, SENDER, to, "k", MOMENT, encoding, head)
    message.set_boundary("=_the_same")
    return message.as_bytes(policy=POLICY)


@given(TEXTS, TOKENS, TOKENS, st.sampled_from(["quoted-printable", "8bit"]))
def test_a_copy_is_what_would_have_been_made(words: str, first: str, second: str, encoding: Encoding) -> None:
    copies = Copies()

    def copy(to: str, link: str) -> bytes:
        return copies.copy(words, to, [link], lambda: made(to, [link], words, encoding))

    for to, link in (
        ("sam@mail.example", first),
        ("noa.b@other.example", second),
        ("sam@mail.example", first),
    ):
        assert copy(to, link) == made(to, [link], words, encoding)


def test_a_link_that_somebody_wrote_down_stays_theirs() -> None:
    copies, mine, other = Copies(), "m" * 20, "o" * 20
    for link in (mine, other):

        def make(link: str = link) -> bytes:
            return made("s@x.example", [link], f"My link is {mine}.")

        assert copies.copy(f"My link is {mine}.", "s@x.example", [link], make) == make()


def test_other_content_and_other_lengths_are_made_anew() -> None:
    copies, anew = Copies(), []

    def ask(content: str, link: str) -> None:
        def make() -> bytes:
            anew.append((content, link))
            return made("s@x.example", [link], content)

        assert link.encode() in copies.copy(content, "s@x.example", [link], make)

    asked = [("x", "a" * 20), ("y", "b" * 20), ("x", "c" * 21)]
    for content, link in (*asked, ("x", "d" * 20)):
        ask(content, link)
    assert anew == asked


def test_what_can_not_be_cut_out_is_made_anew_each_time() -> None:
    calls: list[str] = []

    def make(to: str) -> bytes:
        calls.append(to)
        return b"From: x\r\nTo: somebody\r\n\r\ntext " + to.encode()

    for to in ("a@x.example", "b@x.example"):
        assert to.encode() in Copies().copy("x", to, ["l" * 20], partial(make, to))
    copies = Copies()
    for to in ("a@x.example", "b@x.example"):
        assert to.encode() in copies.copy("x", to, ["l" * 20], partial(make, to))
    assert len(calls) == 4


def test_only_some_are_kept() -> None:
    copies, anew = Copies(most=2), []

    def ask(content: str) -> None:
        def make() -> bytes:
            anew.append(content)
            return made("s@x.example", ["l" * 20], content)

        copies.copy(content, "s@x.example", ["l" * 20], make)

    for content in ("a", "b", "a", "c", "a", "b"):
        ask(content)
    assert anew == ["a", "b", "c", "b"]
