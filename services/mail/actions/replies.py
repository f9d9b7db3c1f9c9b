"""Replies by mail: each becomes a post of who sent it, by the forum's own call with all its rules. What can't be posted
is held, and who sent it is told why, once, at their confirmed address alone: of who else may have sent it nothing is
known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.ops.fault_points import fault_point
from bus.outbox.tasks import enqueue
from bus.rpc.context import idempotent
from contracts.errors import Conflict, SpaceError, Unavailable
from contracts.forum import CreatePost, ForumApi
from contracts.mail import MailAuthor
from contracts.validation import faults_of
from core import clock
from core.audience import Viewer
from core.mail_addresses import MailAddresses, ReplyAddress
from core.settings import Settings
from services.mail import incoming, rules
from services.mail.sources import Sources
from services.mail.tables import HeldReply, IncomingMail
from services.mail.tasks import SendNotice

Outcome = Literal["posted", "waits", "held", "automatic", "nobody"]
"""What becomes of a reply. `waits`: for a moderator, in the forum. `automatic`: no person wrote it. `nobody`: whose
address it came to may not be mailed any more."""

_DAY = timedelta(days=1)

_SECRET_PATHS = ("/mail/", "/sign-in/")
"""Before links that need no sign-in: a quote may hold them."""


@dataclass(frozen=True)
class Reply:
    """What became of a reply. `code` and `params` say why it was not posted as it came, `""` if it was; `body` is what
    can be posted of it later, `answers` its `Message-ID`. `silent`: nothing is said of it by mail."""

    outcome: Outcome
    code: str = ""
    params: dict[str, str | int] = field(default_factory=dict)
    body: str = ""
    answers: str = ""
    silent: bool = False


def handle(settings: Settings, sources: Sources, mail: IncomingMail, address: ReplyAddress) -> Reply:
    """Post a reply, or say why not. Raises `Unavailable`: then nothing is known, and it is tried again."""
    answers = rules.answered_id(mail.raw)
    if rules.has_several_ids(mail.raw):
        return _refused(sources, mail, address, "mail-unreadable", answers)
    private = ("@" + mail.recipient.rpartition("@")[2], *(settings.base_url + path for path in _SECRET_PATHS))
    try:
        read = incoming.read(mail.raw, mail.sender, private)
    except incoming.Unreadable as error:
        return _refused(sources, mail, address, error.code, answers)
    if read.automatic:
        return Reply("automatic")
    author = sources.people.mail_author(address.person_id, read.sender)
    if author is None:
        return Reply("nobody")
    code = _doubt(settings, mail, address, read, author)
    if code:
        reply = Reply("held", code, body=read.text[: rules.MOST_LETTERS], answers=answers)
    else:
        assert author.viewer is not None
        reply = _posted(sources.forum, author.viewer, address.topic_id, mail.key, read, answers)
    return replace(reply, silent=not read.may_be_answered)


def _refused(sources: Sources, mail: IncomingMail, address: ReplyAddress, code: str, answers: str) -> Reply:
    """That of a mail which can't be read."""
    if not mail.sender:
        return Reply("automatic")
    author = sources.people.mail_author(address.person_id, "")
    return Reply("nobody") if author is None else Reply("held", code, answers=answers)


def _doubt(
    settings: Settings, mail: IncomingMail, address: ReplyAddress, read: incoming.Incoming, author: MailAuthor
) -> str:
    """Why a mail is not taken for one of its author's, or has nothing to post; `""` if it is and has."""
    if author.viewer is None:
        return "suspended"
    if not author.own:
        return rules.OTHER_ADDRESS
    id = settings.mail_authserv_id
    if id is not None and not (
        incoming.is_authentic(mail.raw, id, read.sender) and _is_addressed(settings, address, read)
    ):
        return "mail-unproven"
    return "" if read.text.strip() else "mail-empty"


def _is_addressed(settings: Settings, address: ReplyAddress, read: incoming.Incoming) -> bool:
    """Whether its author wrote a mail to this address: another mail of theirs, which is as authentic, may have been
    handed over with it as the recipient."""
    addresses = MailAddresses.of(settings)
    return addresses is not None and any(addresses.open(each) == address for each in read.to)


def _posted(
    forum: ForumApi, viewer: Viewer, topic_id: str, key: str, read: incoming.Incoming, answers: str
) -> Reply:
    try:
        command = CreatePost(body=read.text)
    except ValidationError as error:
        fault = faults_of(error)[0]
        return Reply("held", fault.code, fault.params, read.text[: rules.MOST_LETTERS], answers)
    try:
        waits = post(forum, viewer, topic_id, command, key).waits
    except Unavailable:
        raise
    except SpaceError as error:
        code, params = rules.code_of(error)
        return Reply("held", code, params, read.text, answers)
    fault_point("mail.after-post")
    if waits:
        return Reply("waits", "review-needed", answers=answers)
    if read.attached:
        return Reply("posted", "mail-attachments", answers=answers)
    return Reply("posted")


@dataclass(frozen=True)
class Posted:
    """What was made of a reply: a post, or `waits`, an item that waits for a moderator."""

    post_id: str = ""
    waits: bool = False


def post(forum: ForumApi, viewer: Viewer, topic_id: str, command: CreatePost, key: str) -> Posted:
    """Post a reply, once for its `key`. Raises what the forum's calls do."""
    with idempotent(f"mail/{key}"):
        try:
            return Posted(post_id=forum.create_post(viewer, topic_id, command).id)
        except Conflict as error:
            if error.code != "review-needed":
                raise
            forum.hold_post(viewer, topic_id, command)
            return Posted(waits=True)


def note(session: Session, mail: IncomingMail, address: ReplyAddress, reply: Reply) -> None:
    """Hold a reply that was not posted as it came, and have its author told."""
    if not reply.code:
        return
    by_other = reply.code == rules.OTHER_ADDRESS
    alike = (
        HeldReply.person_id == address.person_id,
        HeldReply.code == rules.OTHER_ADDRESS if by_other else HeldReply.code != rules.OTHER_ADDRESS,
    )
    held = select(func.count()).select_from(HeldReply).where(*alike)
    if by_other and (session.scalar(held) or 0) >= rules.MOST_HELD_OF_OTHERS:
        return
    told = session.scalar(held.where(HeldReply.received_at > clock.now() - _DAY)) or 0
    session.add(
        HeldReply(
            id=mail.key,
            person_id=address.person_id,
            topic_id=address.topic_id,
            code=reply.code,
            params=reply.params,
            body=reply.body.replace("\0", ""),
            answers=reply.answers,
            waits=reply.outcome == "waits",
            received_at=mail.received_at,
        )
    )
    most = rules.NOTICES_OF_OTHERS_A_DAY if by_other else rules.NOTICES_A_DAY
    if told < most and not reply.silent:
        enqueue(session, SendNotice(held_id=mail.key))
