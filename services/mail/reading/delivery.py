"""Reports of mail that could not be delivered (RFC 3464), and what servers send in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.mail.reading.charsets import decoded
from services.mail.reading.headers import Headers, one_line
from services.mail.reading.parts import Part, parse, parse_fields

Kind = Literal["hard", "soft", "delivered"]
"""`hard`: the address takes no mail and won't. `soft`: this time it didn't, or this mail. `delivered`: it arrived."""

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"]{1,64}@[A-Za-z0-9.-]{1,190}[A-Za-z0-9]")
_MOST_RECIPIENTS, _MOST_TEXT = 100, 20_000

_SOFT_DETAILS = {(2, 2), (2, 3), (3, 1), (3, 2), (3, 4), (4, 1), (4, 2), (4, 5), (4, 6), (4, 7)}
"""Of failures that are final, those that say nothing of the address: full, too large, not reached in time, a loop."""

_PHRASES = re.compile(
    r"user unknown|unknown user|no such user|no such (?:mailbox|recipient|address)|user (?:does not"
    r"|doesn't) exist|mailbox (?:unavailable|not found|does not exist)"
    r"|(?:account|address|recipient|user) (?:has been |is )?(?:disabled|deactivated|suspended)"
    r"|address (?:not found|does not exist|rejected)|couldn't be found"
    r"|recipient (?:address )?rejected|does not have an? .{0,30}account|unrouteable address"
    r"|host (?:not found|unknown)|domain (?:not found|does not exist)"
    r"|name or service not known|no mailbox here|doesn't have a .{0,30}account|not our customer"
    r"|unknown or illegal alias",
    re.IGNORECASE,
)
_SOFT_PHRASES = re.compile(
    r"quota|mailbox (?:is )?full|over ?quota|insufficient (?:system )?storage|try again later|will (?:be "
    r"|keep )?(?:retr|try)|delayed|temporar|greylist|too (?:large|big)"
    r"|spam|blocked|blacklist|policy|timed out",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"hi\. this is the qmail-send program|this message was created automatically by mail delivery software"
    r"|this is the mail system at host"
    r"|(?:could not|couldn't|cannot|can't|was not|wasn't) be(?:en)? delivered"
    r"|delivery (?:to the following .{0,30})?(?:has )?failed|undeliver|returned mail|failure notice"
    r"|delivery status notification|mail delivery (?:failed|failure)|message delivery failure|unzustellbar"
    r"|nicht zugestellt|non remis|no se ha podido entregar|mancato recapito"
    r"|не (?:может быть )?доставлено|退信",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|double-bounce)@", re.IGNORECASE)


@dataclass(frozen=True)
class ReportedRecipient:
    """What became of a mail to one address. `action` and `status` as RFC 3464 has them, `""` where the report hasn't.
    `reply`: the code with which a mail server answered (`550`), `""` if it isn't known."""

    address: str
    action: str
    status: str
    reply: str
    kind: Kind


@dataclass(frozen=True)
class DeliveryReport:
    """What became of a mail. `original_ids`: the ids of the mail that it is about."""

    recipients: tuple[ReportedRecipient, ...]
    original_ids: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """The worst that became of it."""
        kinds = {each.kind for each in self.recipients}
        return "hard" if "hard" in kinds else "soft" if "soft" in kinds else "delivered"


def delivery_report(raw: bytes) -> DeliveryReport | None:
    """What a mail reports of another one's delivery; None if it is no report. Raises `Unreadable`."""
    mail = parse(raw)
    parts = list(mail.walk())
    original = tuple(dict.fromkeys(id for part in parts for id in _original_ids(part)))
    stated = [found for part in parts for found in _stated(part)]
    if stated:
        return DeliveryReport(tuple(stated[:_MOST_RECIPIENTS]), original)
    failed = mail.headers.addresses("x-failed-recipients")
    text = _text(parts)
    null = any(value.strip() == "<>" for value in mail.headers.all("return-path"))
    from_daemon = any(_DAEMON.match(each) for each in mail.headers.addresses("from"))
    says_so = _REPORTS.search(f"{mail.headers.words('subject')}\n{text}") is not None
    if not failed and not (says_so and (null or from_daemon)):
        return None
    return DeliveryReport(tuple(_found(failed, mail.headers, text)), original or _ids_in(text))


def _stated(part: Part) -> Iterator[ReportedRecipient]:
    """What the part that is made for machines says, a block of fields for each recipient."""
    if part.media_type not in ("message/delivery-status", "message/global-delivery-status"):
        return
    content = decoded(part.content()[: _MOST_TEXT * 10], "utf-8").encode("utf-8")
    for block in re.split(rb"\n[ \t]*\n", content.replace(b"\r\n", b"\n")):
        fields = parse_fields(block.strip(b"\n"))
        recipient = fields.text("final-recipient") or fields.text("original-recipient")
        if not recipient:
            continue
        action = one_line(fields.text("action")).partition(" ")[0].lower()
        status, diagnostic = fields.text("status"), fields.text("diagnostic-code")
        found = _STATUS.search(status) or _STATUS.search(diagnostic)
        code = found[0] if found else ""
        reply = _REPLY.search(f"{diagnostic.partition(';')[2]} ")
        address = _ADDRESS.search(fields.text("original-recipient")) or _ADDRESS.search(recipient)
        yield ReportedRecipient(
            address[0] if address else "",
            action,
            code,
            reply[1] if reply else "",
            kind_of(action, code, reply[1] if reply else "", diagnostic),
        )


def _found(failed: tuple[str, ...], headers: Headers, text: str) -> Iterator[ReportedRecipient]:
    """What a report that is made for people says."""
    above = _above_original(text)
    status, reply = _STATUS.search(above), _REPLY.search(above)
    code, answer = (status[0] if status else ""), (reply[1] if reply else "")
    senders = set(headers.addresses("from")) | set(headers.addresses("to"))
    addresses = (
        failed
        or tuple(dict.fromkeys(each for each in _ADDRESS.findall(above) if each not in senders))[:1]
        or ("",)
    )
    for address in addresses[:_MOST_RECIPIENTS]:
        yield ReportedRecipient(address, "", code, answer, kind_of("", code, answer, above))


def kind_of(action: str, status: str, reply: str, words: str) -> Kind:
    """What an action, a status, a server's answer and its words mean for the address."""
    if action in ("delivered", "relayed", "expanded"):
        return "delivered"
    found = _STATUS.fullmatch(status)
    if found and found[1] == "2" and action != "failed":
        return "delivered"
    if action == "delayed" or (found and found[1] == "4") or (not found and reply.startswith("4")):
        return "soft"
    if found and (int(found[2]) in (5, 6, 7) or (int(found[2]), int(found[3])) in _SOFT_DETAILS):
        # What is said of the protocol, the content or a policy isn't said of the address, unless the words do.
        return "hard" if _PHRASES.search(words) and not _SOFT_PHRASES.search(words) else "soft"
    if found and int(found[2]) == 1:
        return "hard"
    if _SOFT_PHRASES.search(words) and not _PHRASES.search(words):
        return "soft"
    return "hard" if found or reply.startswith("5") or _PHRASES.search(words) else "soft"


def _text(parts: list[Part]) -> str:
    found = next((part for part in parts if not part.parts and part.media_type == "text/plain"), None)
    found = found or next((part for part in parts if part.media_type == "text/html"), None)
    if found is None:
        return ""
    return decoded(found.content()[:_MOST_TEXT], found.parameters.get("charset", ""))


def _above_original(text: str) -> str:
    """What is said above the copy of the mail that came back."""
    cut = re.search(
        r"(?im)^-{2,}.{0,40}(?:copy of the message|original message|headers).{0,60}$|^return-path:"
        r"|^received:",
        text,
    )
    return text[: cut.start()] if cut else text


def _ids_in(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"(?im)^message-id:\s{0,5}<([^<>\s]{1,250})>", text)[:1])


def _original_ids(part: Part) -> Iterator[str]:
    """The id of the mail that came back with a report."""
    if part.media_type in (
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/rfc822-headers",
    ):
        content = part.content()[:200_000]
        yield from parse_fields(content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]).ids("message-id")[:1]
