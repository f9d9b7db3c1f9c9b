"""What the operator's server found out about a sender counts; what a sender claims doesn't."""

from __future__ import annotations

import pytest

from services.mail.reading import authentication

OURS = "mx.space.example"
FORGED = f"Authentication-Results: {OURS}; dmarc=pass header.from=example.org\n"
RECEIVED = "Received: from evil.example by mx.space.example; Mon, 1 Jan 2024 10:00:00 +0000\n"


def verdict(headers: str, sender: str = "anna@example.org", id: str = OURS) -> str:
    return authentication(f"{headers}From: {sender}\n\nhello\n".encode(), id).of(sender)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("dmarc=pass (p=reject) header.from=example.org", "pass"),
        ("dmarc=fail header.from=example.org; dkim=pass header.d=example.org", "fail"),
        ("dmarc=none header.from=example.org; dkim=pass header.d=example.org", "pass"),
        ("dkim=pass header.i=@example.org header.s=k; spf=fail smtp.mailfrom=other.example", "pass"),
        ("dkim=pass header.d=other.example", "none"),
        ("dkim=pass header.d=other.example; spf=softfail smtp.mailfrom=anna@example.org", "fail"),
        ("spf=pass smtp.mailfrom=anna@example.org", "pass"),
        ("spf=pass smtp.mailfrom=bounce@other.example", "none"),
        ("dkim=pass header.d=org", "none"),
        ("dkim=pass header.d=notexample.org", "none"),
        ("dmarc=pass header.from=other.example", "none"),
        ("none", "none"),
        ("dkim=fail (bad signature; dmarc=pass header.from=example.org) header.d=example.org", "fail"),
        ('dkim=fail reason="x; dmarc=pass header.from=example.org" header.d=example.org', "fail"),
    ],
)
def test_verdicts_count_for_the_domain_that_they_are_about(results: str, expected: str) -> None:
    assert verdict(f"Authentication-Results: {OURS}; {results}\n") == expected


def test_a_domain_below_the_signing_one_is_meant_too() -> None:
    headers = f"Authentication-Results: {OURS}; dkim=pass header.d=example.org\n"
    assert verdict(headers, "anna@lists.example.org") == "pass"
    assert verdict(headers.replace("=example.org", "=lists.example.org"), "anna@example.org") == "none"


def test_other_servers_are_not_believed() -> None:
    assert verdict("Authentication-Results: evil.example; dmarc=pass header.from=example.org\n") == "none"
    assert (
        verdict(f"Authentication-Results: {OURS}.evil.example; dmarc=pass header.from=example.org\n")
        == "none"
    )
    assert verdict(FORGED, id="") == "none"


def test_what_is_below_the_topmost_ones_is_not_believed() -> None:
    headers = f"Authentication-Results: {OURS}; spf=fail smtp.mailfrom=example.org\n{RECEIVED}{FORGED}"
    assert verdict(headers) == "fail"
    assert len(authentication(headers.encode() + b"\n", OURS).verdicts) == 1


def test_several_headers_of_the_same_server_count_together() -> None:
    headers = (
        "Return-Path: <anna@example.org>\n"
        f"Authentication-Results: {OURS.upper()} 1; spf=none smtp.mailfrom=example.org\n"
        f"Authentication-Results: {OURS};\n\tdkim=pass (2048-bit key)\n\theader.d=example.org header.i=@example.org\n"
        + RECEIVED
    )
    assert verdict(headers) == "pass"
    assert [each.method for each in authentication(headers.encode() + b"\n", OURS).verdicts] == [
        "spf",
        "dkim",
    ]
