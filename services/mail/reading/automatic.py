"""Whether a machine wrote a mail (RFC 3834), and whether a machine may answer it."""

from __future__ import annotations

import re
from typing import Literal

from services.mail.reading.headers import Headers, first_words
from services.mail.reading.parts import Part

Automatic = Literal["", "auto-submitted", "auto-reply", "bulk", "null-sender", "mailer-daemon", "report"]
"""How it is known that a machine wrote a mail; `""`: a person did, as far as can be told."""

_DAEMONS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|maildaemon|double-bounce|bounces?(?:[+=-].*)?)@", re.IGNORECASE
)
_NO_REPLY = re.compile(
    r"(?:no-?reply|do-?not-?reply|notifications?|owner-.*|.*-(?:request|owner|bounces))@", re.IGNORECASE
)
_SUBJECTS = re.compile(
    r"(?:automatic reply|auto(?:matic)? response|autoreply|out of office|automatische antwort"
    r"|abwesenheits(?:notiz|benachrichtigung)|réponse automatique"
    r"|respuesta automática|risposta automatica|resposta automática|automatisch antwoord|autosvar"
    r"|automatisk svar|automatiskt svar|automaattinen vastaus"
    r"|odpowiedź automatyczna|automatická odpověď|automatikus válasz|răspuns automat|автоматический ответ"
    r"|автоответ|автоматична відповідь|автоматичен отговор"
    r"|αυτόματη απάντηση|otomatik yanıt|תשובה אוטומטית|رد تلقائي|پاسخ خودکار|स्वचालित उत्तर|ตอบกลับอัตโนมัติ"
    r"|trả lời tự động|balasan otomatis|自動応答|自动答复|自动回复|自動回覆|자동 회신)\s?[:：]",
    re.IGNORECASE,
)
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "mailing-list")
_AUTO_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
)


def automatic(mail: Part) -> Automatic:
    """How it is known that a machine wrote a mail.

    A mailing list isn't taken for a machine: people write to it, and `Precedence: list` says no more.
    """
    headers = mail.headers
    submitted = first_words(headers.all("auto-submitted"))
    if any(word and word != "no" for word in submitted):
        return "auto-submitted"
    if any(value.strip() == "<>" for value in headers.all("return-path")):
        return "null-sender"
    if mail.media_type == "multipart/report":
        return "report"
    if any(_DAEMONS.match(address) for address in headers.addresses("from")):
        return "mailer-daemon"
    precedence = first_words(headers.all("precedence"))
    suppressed = headers.text("x-auto-response-suppress").lower()
    marked = any(name in _AUTO_REPLY_HEADERS for name in headers.names())
    if (
        marked
        or "auto_reply" in precedence
        or _SUBJECTS.match(headers.words("subject"))
        or "autoreply" in suppressed
    ):
        return "auto-reply"
    return "bulk" if {"bulk", "junk"} & set(precedence) else ""


def may_be_answered(headers: Headers, found: Automatic) -> bool:
    """Whether a machine may answer: no list, no machine, which may answer again, and nobody who can't read it."""
    if found or any(name in _LIST_HEADERS for name in headers.names()):
        return False
    if "list" in first_words(headers.all("precedence")):
        return False
    suppressed = {word.strip() for word in headers.text("x-auto-response-suppress").lower().split(",")}
    if suppressed & {"all", "oof", "autoreply"}:
        return False
    senders = headers.addresses("from")
    return bool(senders) and not any(_NO_REPLY.match(address) for address in senders)
