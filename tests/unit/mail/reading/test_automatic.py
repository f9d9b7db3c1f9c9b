"""Whether a machine wrote a mail, and whether it may be answered by one."""

from __future__ import annotations

import pytest

from services.mail.reading import read


def flags(headers: str) -> tuple[str, bool]:
    sender = "" if headers.startswith("From:") else "From: anna@example.org\n"
    found = read(f"{sender}{headers}Content-Type: text/plain\n\nhello\n".encode())
    return found.automatic, found.may_be_answered


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ("Auto-Submitted: auto-replied\n", "auto-submitted"),
        ("Auto-Submitted: auto-generated; owner-email=x@y.example\n", "auto-submitted"),
        ("Return-Path: <>\n", "null-sender"),
        ("From: MAILER-DAEMON@example.org\n", "mailer-daemon"),
        ("From: Postmaster <postmaster@example.org>\n", "mailer-daemon"),
        ("Precedence: bulk\n", "bulk"),
        ("Precedence: junk\n", "bulk"),
        ("Precedence: auto_reply\n", "auto-reply"),
        ("X-Autoreply: yes\n", "auto-reply"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply\n", "auto-reply"),
        ("Subject: Automatische Antwort: Re: Karte\n", "auto-reply"),
        ("Subject: =?utf-8?b?6Ieq5Yqo5Zue5aSN?=: x\n", "auto-reply"),
    ],
)
def test_a_machine_wrote_it(headers: str, automatic: str) -> None:
    assert flags(headers) == (automatic, False)


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Auto-Submitted: no\n",
        "Return-Path: <anna@example.org>\n",
        "Subject: Is an automatic reply: wanted?\n",
    ],
)
def test_a_person_wrote_it(headers: str) -> None:
    assert flags(headers) == ("", True)


@pytest.mark.parametrize(
    "headers",
    [
        "Precedence: list\n",
        "List-Id: <talk.lists.example.org>\n",
        "X-Auto-Response-Suppress: All\n",
        "From: no-reply@example.org\n",
        "From: a@example.org, b@example.org, nobody\nPrecedence: list\n",
    ],
)
def test_a_person_may_have_written_it_but_no_machine_answers(headers: str) -> None:
    assert flags(headers) == ("", False)
