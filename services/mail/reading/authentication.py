"""What the operator's own mail server found out about a mail's sender (`Authentication-Results`, RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.mail.reading.headers import domain_of
from services.mail.reading.parts import head_of

_METHOD = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]{0,30})(?:\s*/\s*\d{1,5})?\s*=\s*([A-Za-z]{1,30})")
_PROPERTY = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30})\s*\.\s*([A-Za-z][A-Za-z0-9_-]{0,60})\s*=\s*(\S{1,500})")
_MOST_VERDICTS = 100


@dataclass(frozen=True)
class Verdict:
    """What one method found: `method` (`dmarc`, `dkim`, `spf`, …) and `result` (`pass`, `fail`, `none`, …) in lower
    case; `properties` by their names, as `header.from`."""

    method: str
    result: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Authentication:
    """All that the operator's server found."""

    verdicts: tuple[Verdict, ...] = ()

    def of(self, sender: str) -> Literal["pass", "fail", "none"]:
        """Whether a mail comes from the domain that its sender's address names.

        As DMARC says where it was checked. Else `pass` if DKIM or SPF passed for that domain or one above it, `fail` if
        one of them failed and none passed, `none` if nobody checked.
        """
        domain = domain_of(sender)
        for verdict in self.verdicts:
            named = verdict.properties.get("header.from", domain)
            if verdict.method == "dmarc" and _domain(named) == domain and verdict.result in ("pass", "fail"):
                return "pass" if verdict.result == "pass" else "fail"
        checked = [verdict for verdict in self.verdicts if verdict.method in ("dkim", "spf")]
        if domain and any(verdict.result == "pass" and _is_for(verdict, domain) for verdict in checked):
            return "pass"
        return (
            "fail"
            if any(verdict.result in ("fail", "softfail", "permerror") for verdict in checked)
            else "none"
        )


def authentication(raw: bytes, authserv_id: str) -> Authentication:
    """The verdicts of the server that calls itself `authserv_id`; none where that is `""`.

    Each server writes above what it received, so only the topmost of its headers count, as far as no other server's
    `Received` is between them. What is below could have been written by the sender; a server that follows RFC 8601 (5)
    takes out such ones, and one that adds none itself must not be named here.
    """
    wanted = authserv_id.strip().lower()
    verdicts: list[Verdict] = []
    opened = False
    for name, value in head_of(raw).items():
        if opened and name == "received":
            break
        if name == "authentication-results" and wanted:
            statements = _statements(value)
            words = next(statements, "").lower().split()
            if words[:1] == [wanted]:
                opened = True
                verdicts += [found for each in statements if (found := _verdict(each)) is not None]
    return Authentication(tuple(verdicts[:_MOST_VERDICTS]))


def _verdict(statement: str) -> Verdict | None:
    found = _METHOD.match(statement)
    if found is None:
        return None
    rest = statement[found.end() :]
    properties = {f"{kind.lower()}.{name.lower()}": value for kind, name, value in _PROPERTY.findall(rest)}
    return Verdict(found[1].lower(), found[2].lower(), properties)


def _is_for(verdict: Verdict, domain: str) -> bool:
    """Whether it is about the domain, or one above it."""
    names = ("header.d", "header.i") if verdict.method == "dkim" else ("smtp.mailfrom", "smtp.helo")
    named = next((_domain(verdict.properties[name]) for name in names if name in verdict.properties), "")
    return "." in named and (domain == named or domain.endswith(f".{named}"))


def _domain(value: str) -> str:
    return value.rpartition("@")[2].strip("<>").lower().rstrip(".")


def _statements(value: str) -> Iterator[str]:
    """The statements of a header, without comments and quotes."""
    kept: list[str] = []
    comments, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
            if not comments:
                kept.append("_" if char in "; =" else char)
        elif char == "\\" and (quoted or comments):
            escaped = True
        elif char == '"' and not comments:
            quoted = not quoted
        elif quoted:
            # Inside of quotes these separate nothing.
            kept.append("_" if char in ";= \t" else char)
        elif char == "(" or comments:
            comments += {"(": 1, ")": -1}.get(char, 0)
        elif char == ";":
            yield "".join(kept)
            kept = []
        else:
            kept.append(char)
    yield "".join(kept)
