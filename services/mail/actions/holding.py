"""Replies that are held: their authors are told of them by mail, and post them by its link."""

from __future__ import annotations

import logging

from sqlalchemy import delete, exists, literal
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from bus.mail.delivery import Mailer, RecipientRefused
from bus.mail.message import MailHead
from contracts import mail_in as views
from contracts.errors import Forbidden, NotFound
from contracts.forum import CreatePost
from contracts.mail_in import ReplyNotice
from core import clock
from core.database import Database
from services.mail import queries, rules
from services.mail.actions import replies
from services.mail.held_links import HeldLinks
from services.mail.sources import Sources
from services.mail.tables import HeldReply, IncomingMail, MailCount, SoftBounce
from services.mail.tasks import HandleMail

log = logging.getLogger(__name__)


def send_notice(
    database: Database, mailer: Mailer, sources: Sources, links: HeldLinks, held_id: str, key: str
) -> None:
    """Tell who sent a reply why it was not posted, at their confirmed address; nobody if they have none any more."""
    with database.reading() as session:
        held = session.get(HeldReply, held_id)
    author = None if held is None else sources.people.mail_author(held.person_id, "")
    if held is None or author is None:
        return
    may_post = bool(held.body) and author.viewer is not None
    notice = ReplyNotice(
        language=author.language,
        site=author.site,
        code=held.code,
        params=held.params,
        body=held.body,
        link=f"{queries.HELD_PATH}{links.token(held.id)}" if may_post else "",
        path=f"/talk/t/{held.topic_id}",
    )
    answered = {"In-Reply-To": held.answers, "References": held.answers} if held.answers else {}
    head = MailHead(headers=answered, envelope_sender="", automatic="auto-replied")
    try:
        mailer.send_notice(notice, author.email, key, held.received_at, head)
    except RecipientRefused as error:
        log.info("a notice about a reply was refused: %s", error)


def post_held_reply(database: Database, sources: Sources, links: HeldLinks, token: str) -> views.HeldReply:
    """Post a reply that is held, once. Raises `NotFound("mail-link-unknown")`, and what the forum's calls do."""
    held_id = links.open(token)
    with database.reading() as session:
        held = queries.known(session, held_id)
    if held.body:
        author = sources.people.mail_author(held.person_id, "")
        if author is None:
            raise NotFound("mail-link-unknown")
        if author.viewer is None:
            raise Forbidden("suspended")
        command = CreatePost(body=held.body)
        posted = replies.post(sources.forum, author.viewer, held.topic_id, command, held.id)
        with database.writing() as session:
            row = session.get(HeldReply, held_id, with_for_update=True)
            if row is not None:
                row.body, row.post_id, row.waits = "", posted.post_id, posted.waits
    with database.reading() as session:
        return queries.view(queries.known(session, held_id))


def purge(session: Session) -> None:
    """Delete what was held for long enough, and what could not be handled; and what was counted."""
    now = clock.now()
    session.execute(delete(HeldReply).where(HeldReply.received_at < now - rules.HELD_FOR))
    session.execute(delete(IncomingMail).where(IncomingMail.received_at < now - rules.UNHANDLED_KEPT))
    # An operator has given up the task of these.
    task_key = literal(HandleMail(mail="").key()) + IncomingMail.key
    dropped = exists().where(outbox_task.c.key == task_key, outbox_task.c.done_at.is_not(None))
    session.execute(delete(IncomingMail).where(dropped))
    session.execute(delete(SoftBounce).where(SoftBounce.at < now - rules.SOFT_WITHIN))
    session.execute(delete(MailCount).where(MailCount.hour < rules.hour_of(now)))
