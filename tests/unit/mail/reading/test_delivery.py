"""Reports of delivery: the standard's, and those that servers send in its place."""

from __future__ import annotations

import pytest

from services.mail.reading import delivery_report

ORIGINAL = "Message-ID: <post.7@space.example>\nSubject: The map\nTo: anna@example.org\n"


def report(*recipients: str, head: str = "", original: str = "message/rfc822") -> bytes:
    blocks = "\n\n".join(["Reporting-MTA: dns; mx.example.org", *recipients])
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\n{head}Subject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nYour message could not be delivered.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{blocks}\n\n"
        f"--b\nContent-Type: {original}\n\n{ORIGINAL}\nHello\n--b--\n"
    ).encode()


def recipient(action: str, status: str, diagnostic: str = "", address: str = "anna@example.org") -> str:
    lines = [f"Final-Recipient: rfc822; {address}", f"Action: {action}", f"Status: {status}"]
    return "\n".join([*lines, *([f"Diagnostic-Code: smtp; {diagnostic}"] if diagnostic else [])])


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind"),
    [
        ("failed", "5.1.1", "550 5.1.1 <anna@example.org> User unknown", "hard"),
        ("failed", "5.1.2", "", "hard"),
        ("failed", "5.2.1", "550 account disabled", "hard"),
        ("failed", "5.0.0", "550 no such user", "hard"),
        ("failed", "5.4.4", "", "hard"),
        ("failed", "5.7.1", "550 5.7.1 Recipient address rejected: user unknown", "hard"),
        ("failed", "5.2.2", "552 5.2.2 mailbox full", "soft"),
        ("failed", "5.3.4", "552 message too big", "soft"),
        ("failed", "5.7.1", "550 5.7.1 blocked as spam", "soft"),
        ("failed", "5.7.26", "550 unauthenticated", "soft"),
        ("failed", "5.4.7", "delivery time expired", "soft"),
        ("failed", "4.4.1", "connection timed out", "soft"),
        ("delayed", "4.4.1", "", "soft"),
        ("delivered", "2.0.0", "", "delivered"),
        ("relayed", "2.0.0", "", "delivered"),
        ("expanded", "2.0.0", "", "delivered"),
    ],
)
def test_what_became_of_a_mail(action: str, status: str, diagnostic: str, kind: str) -> None:
    found = delivery_report(report(recipient(action, status, diagnostic)))
    assert found is not None
    (one,) = found.recipients
    assert (one.address, one.action, one.status, one.kind) == ("anna@example.org", action, status, kind)
    assert found.kind == kind
    assert found.original_ids == ("post.7@space.example",)


def test_several_recipients_the_worst_counts() -> None:
    raw = report(recipient("delivered", "2.0.0"), recipient("failed", "5.1.1", address="eva@example.org"))
    found = delivery_report(raw)
    assert found is not None
    assert [each.kind for each in found.recipients] == ["delivered", "hard"]
    assert found.kind == "hard"


def test_a_report_with_the_headers_alone_and_windows_line_ends() -> None:
    raw = report(recipient("failed", "5.1.1", "550 no"), original="text/rfc822-headers").replace(
        b"\n", b"\r\n"
    )
    found = delivery_report(raw)
    assert found is not None
    assert (found.recipients[0].reply, found.original_ids) == ("550", ("post.7@space.example",))


def written(text: str, head: str = "", sender: str = "MAILER-DAEMON@example.org") -> bytes:
    return f"Return-Path: <>\nFrom: {sender}\nTo: bounce@space.example\n{head}\n{text}".encode()


QMAIL = """\
Hi. This is the qmail-send program at example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <bounce@space.example>
Message-ID: <post.7@space.example>
"""
EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@example.org
    SMTP error from remote mail server after RCPT TO:<anna@example.org>:
    550 Unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: <post.7@space.example>
"""
EXIM_WARNING = """\
This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue.

  anna@example.org
    Delay reason: connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated. The mail server will try again later.
"""


@pytest.mark.parametrize(
    ("raw", "address", "kind"),
    [
        (written(QMAIL, "Subject: failure notice\n"), "anna@example.org", "hard"),
        (written(EXIM, "X-Failed-Recipients: anna@example.org\n"), "anna@example.org", "hard"),
        (written(EXIM_WARNING, "Subject: Warning: message delayed 24 hours\n"), "anna@example.org", "soft"),
        (written("550 mailbox full, over quota", "Subject: Mail delivery failed\n"), "", "soft"),
    ],
)
def test_reports_that_are_made_for_people(raw: bytes, address: str, kind: str) -> None:
    found = delivery_report(raw)
    assert found is not None
    assert (found.recipients[0].address, found.kind) == (address, kind)


def test_the_mail_that_came_back_is_named() -> None:
    found = delivery_report(written(QMAIL, "Subject: failure notice\n"))
    assert found is not None
    assert found.original_ids == ("post.7@space.example",)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: anna@example.org\nSubject: Re: undeliverable\n\nIt could not be delivered, 550 they say.\n",
        b"Return-Path: <>\nFrom: anna@example.org\nSubject: Out of office\n\nI am back on Monday.\n",
    ],
)
def test_other_mails_are_no_reports(raw: bytes) -> None:
    assert delivery_report(raw) is None
