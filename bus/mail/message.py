"""Builds one mail: its headers, and its text as plain text and as HTML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any, Literal, Protocol

_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,190}""")


_BROKEN = re.compile(r"[\r\n](?![ \t\n])|\n(?![ \t])")
"""The end of a line that is not followed by the folding of the same header."""

Encoding = Literal["8bit", "quoted-printable"]


class MailPolicy(EmailPolicy):
    """Folds headers as mail programs want them.

    In ASCII up to the longest line that RFC 5322 allows: Python would otherwise encode long ids in `References`, which
    breaks threads in Outlook. Subjects and the sender's name beyond ASCII by `email.header`, since this policy's own
    folding loses spaces between two encoded words.
    """

    def fold(self, name: str, value: Any) -> str:
        """Raises `ValueError` for a header that would begin another one."""
        folded = self._folded(name, value)
        if _BROKEN.search(folded.removesuffix(self.linesep)):
            raise ValueError(f"the header {name} would have a line of its own")
        return folded

    def _folded(self, name: str, value: Any) -> str:
        text = str(value)
        if name.lower() == "subject" and not text.isascii() and not self.utf8:
            encoded = Header(text, "utf-8", maxlinelen=76, header_name=name).encode(linesep=self.linesep)
            return f"{name}: {encoded}{self.linesep}"
        if name.lower() == "from" and not text.isascii() and not self.utf8:
            (sender,) = value.addresses
            words = Header(sender.display_name, "utf-8", maxlinelen=76, header_name=name)
            return f"{name}: {words.encode(linesep=self.linesep)} <{sender.addr_spec}>{self.linesep}"
        length = 998 if text.isascii() else 78
        folded: str = SMTP.clone(utf8=self.utf8, max_line_length=length).fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


POLICY = MailPolicy(linesep="\r\n")


@dataclass(frozen=True)
class MailText:
    """What a mail says, in one language. `sender`: the name before the sender's address, `""` for the one that is
    set."""

    subject: str
    plain: str
    html: str
    language: str
    sender: str = ""


@dataclass(frozen=True)
class MailHead:
    """What the head of a mail says beside the usual.

    `id`: the local part of its `Message-ID`, `""` for one made of the idempotency key. `thread`: those of the mails
    that it belongs below, the first of the thread first. `headers`: others, in ASCII. `reply_to`: where replies go, if
    not to the sender. `envelope_sender`: where it comes back to if it can't be delivered, None for the sender, `""` for
    nowhere, so that nothing comes back of what comes back. `automatic`: why a machine sends it (RFC 3834).
    `own`: strings in the mail that are its reader's alone, in letters, digits, `/`, `-` and `_`.
    """

    id: str = ""
    thread: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    reply_to: str = ""
    envelope_sender: str | None = None
    automatic: Literal["auto-generated", "auto-replied"] = "auto-generated"


class WriteMail(Protocol):
    """Words a mail: `template` names what it is about, `params` are its values, `language` is the reader's."""

    def __call__(self, template: str, language: str, params: Mapping[str, str]) -> MailText: ...


USUAL = MailHead()


def message_id(key: str, domain: str) -> str:
    """The `Message-ID` of the mail with an idempotency key: mail programs drop a second copy by it."""
    return f"<{mail_name(key)}@{domain}>"


def mail_name(key: str) -> str:
    """32 hex digits that stand for a key, which may name a person."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def build_message(
    text: MailText,
    sender: Address,
    to: str,
    key: str,
    date: datetime,
    encoding: Encoding = "quoted-printable",
    head: MailHead = USUAL,
) -> EmailMessage:
    """The message to one address. Raises `ValueError` for an address that is none.

    A subject is one line, whatever it is made of. `date` is that of its cause, so that each attempt sends the same.
    `encoding` is how its texts are written: not every server on the way passes on eight bits.
    """
    if not _ADDRESS.fullmatch(to):
        raise ValueError("the recipient's address can't be used")
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(one_line(text.sender) or sender.display_name, sender.username, sender.domain)
    name, _, domain = to.partition("@")
    message["To"] = Address(username=name, domain=domain)
    message["Subject"] = one_line(text.subject)
    message["Date"] = date
    message["Message-ID"] = f"<{head.id}@{sender.domain}>" if head.id else message_id(key, sender.domain)
    if head.thread:
        message["In-Reply-To"] = f"<{head.thread[-1]}@{sender.domain}>"
        message["References"] = " ".join(f"<{each}@{sender.domain}>" for each in head.thread)
    if head.reply_to:
        message["Reply-To"] = Address(addr_spec=head.reply_to)
    for header, value in head.headers.items():
        message[header] = value
    # RFC 3834: no holiday notices in reply.
    message["Auto-Submitted"] = head.automatic
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text.plain, cte=encoding)
    message.add_alternative(text.html, subtype="html", cte=encoding)
    message["Content-Language"] = text.language  # of both parts: those take over what stands there before
    return message


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, which would begin another header, and without encoded
    words (RFC 2047): Python reads them in what it is given, with the line breaks in them."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line.replace("=?", "=\u2060?")
