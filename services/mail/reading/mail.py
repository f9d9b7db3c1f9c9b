"""A mail as the service of mail needs it: who wrote it, to whom, what is new in it, and its pictures."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from services.mail.reading import limits
from services.mail.reading.automatic import Automatic, automatic, may_be_answered
from services.mail.reading.bodies import Bodies, pictures_in
from services.mail.reading.headers import mailboxes
from services.mail.reading.lines import Line
from services.mail.reading.new_text import what_is_new
from services.mail.reading.parts import parse
from services.mail.reading.plain import unwrapped

_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to", "resent-cc")
_WRITTEN_TO = ("to", "cc")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Picture:
    """A picture that came with a mail. `id`: as the text names it in `![…](<cid:id>)`, `""` if it doesn't.

    `media_type` is what the sender says; the bytes may be anything.
    """

    name: str
    media_type: str
    content: bytes
    id: str = ""


@dataclass(frozen=True)
class ReadMail:
    """What a mail says. Strings are plain text of strangers, `text` is Markdown.

    `message_id`, `in_reply_to`, `references`: without angle brackets. `sender`: the address in From, `""` unless it is
    exactly one. `recipients`: addresses of the headers, which anybody may write; `to`: those of To and Cc,
    which servers don't add to. `automatic`: how it is known that a
    machine wrote it, `""` if a person did. `may_be_answered`: whether a machine may answer it. `text`: what is new in
    it. `left_out`: what isn't in `text`. `files`: the names of attachments that are no pictures.
    """

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    to: tuple[str, ...]
    subject: str
    automatic: Automatic
    may_be_answered: bool
    text: str
    pictures: tuple[Picture, ...]
    left_out: frozenset[str]
    files: tuple[str, ...]


def read(raw: bytes, private: Collection[str] = ()) -> ReadMail:
    """Read a mail. Raises `Unreadable`.

    `private`: words that contain one of these are replaced by `…` (addresses for answers, links that need no sign-in):
    a quote may hold them, and a post is read by others.
    """
    mail = parse(raw)
    headers, bodies = mail.headers, Bodies(mail)
    subject = headers.words("subject")
    found = what_is_new(bodies.lines, subject)
    if not found.lines:
        # Some programs put all of it into the element of the quote.
        in_plain = what_is_new(bodies.plain_lines, subject)
        found = in_plain if in_plain.lines else found
    text = _without(private, markdown(unwrapped(found.lines)))
    pictures, more = _pictures(bodies, text)
    machine = automatic(mail)
    senders = [box for value in headers.all("from") for box in mailboxes(value)]
    name, sender = senders[0] if len(senders) == 1 else ("", "")
    return ReadMail(
        message_id=next(iter(headers.ids("message-id")), ""),
        in_reply_to=headers.ids("in-reply-to"),
        references=headers.ids("references"),
        sender=sender,
        sender_name=name,
        recipients=tuple(dict.fromkeys(each for header in _RECIPIENTS for each in headers.addresses(header))),
        to=tuple(dict.fromkeys(each for header in _WRITTEN_TO for each in headers.addresses(header))),
        subject=subject,
        automatic=machine,
        may_be_answered=may_be_answered(headers, machine),
        text=text,
        pictures=pictures,
        left_out=found.left_out | bodies.left_out | ({"pictures"} if more else set()),
        files=tuple(bodies.files),
    )


def markdown(lines: Sequence[Line]) -> str:
    """The lines as one text, quoted ones with their marks."""
    found: list[str] = []
    last = Line("")
    for line in lines:
        if last.depth != line.depth and not last.blank and not line.blank:
            found.append(_quoted("", min(last.depth, line.depth)))
        found.append(_quoted(line.text, line.depth))
        last = line
    text = "\n".join(found).strip("\n")
    return text if text.startswith("    ") else text.lstrip(" ")


def _quoted(text: str, depth: int) -> str:
    return f"{'> ' * depth}{text}".rstrip() if depth else text.rstrip()


def _without(private: Collection[str], text: str) -> str:
    """A text with `…` in the place of the words that contain one of these, in whatever case.

    Also where servers wrote another address around the link that they check when somebody follows it.
    """
    wanted = [each.casefold() for each in private]
    shortest = min(map(len, wanted), default=0)

    def shown(found: re.Match[str]) -> str:
        if len(found[0]) * 3 < shortest:  # casefold makes at most three letters of one
            return found[0]
        word = found[0].replace("\\", "").casefold()
        forms = (word, unquote(word), unquote(unquote(word)))
        return "…" if any(each in form for each in wanted for form in forms) else found[0]

    return _WORD.sub(shown, text) if wanted else text


def _pictures(bodies: Bodies, text: str) -> tuple[tuple[Picture, ...], bool]:
    """The pictures that stand in the text and those that were attached, and whether there are more than are taken.

    Those that stand in what was left out, as the logos of signatures do, are left out too.
    """
    kept, shown = set(pictures_in(text)), bodies.shown_pictures()
    wanted = [
        (part, media_type)
        for part, media_type in bodies.pictures
        if part.content_id in kept or part.content_id not in shown
    ]
    taken = tuple(
        Picture(
            part.file_name,
            media_type,
            part.content(),
            part.content_id if part.content_id in kept else "",
        )
        for part, media_type in wanted[: limits.MOST_PICTURES]
    )
    return taken, len(wanted) > limits.MOST_PICTURES
