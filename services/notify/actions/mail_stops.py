"""What people end by the link of a mail, without signing in."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_events
from contracts.errors import invalid
from contracts.mail import MailLink, MailStop
from contracts.notify import Reason
from core import clock
from services.notify import mail_queries, mail_rules, queries
from services.notify.actions import delivery, mail_queue, recipients, replicas, searches
from services.notify.mail_links import LinkContent, MailLinks
from services.notify.tables import ANYBODY, Follow


def shown(links: MailLinks, token: str) -> MailLink:
    """What a link can end. Raises `NotFound("mail-link-unknown")`."""
    content = links.open(token)
    return MailLink(
        stops=mail_rules.stops(content.why, content.followed, content.subject),
        reason=content.why,
        followed=content.followed,
        followed_id=content.followed_id,
        subject=content.subject,
    )


def stop_mail(session: Session, links: MailLinks, token: str, stop: MailStop | None) -> None:
    """End one thing for whose mail it was; None: the nearest. Does nothing for who has vanished since.

    Raises `NotFound("mail-link-unknown")`, and `Invalid` for what the link can't end.
    """
    content = links.open(token)
    stops = mail_rules.stops(content.why, content.followed, content.subject)
    if stop is not None and stop not in stops:
        raise invalid("stop", "choice-unknown", expected=", ".join(stops))
    if (content.person_id, ANYBODY) in recipients.refusals(session, [content.person_id], ()):
        return
    chosen = stop or stops[0]
    if chosen in ("target", "subject"):
        _end_follow(session, content, chosen == "subject")
    else:
        _end_mail(session, content, chosen)


def _end_follow(session: Session, content: LinkContent, muted: bool) -> None:
    """Mute the subject, or follow no longer what led to the mail."""
    if muted:
        target = mail_rules.subject_target(content.subject)
        replicas.save_follow(session, content.person_id, target, "muted", clock.now())
    else:
        assert content.followed is not None
        target = (content.followed, content.followed_id)
        kind, id = queries.targets_now(session, [target]).get(target, target)
        key = {"person_id": content.person_id, "kind": kind, "target": id}
        session.execute(delete(Follow).filter_by(**key))
        if kind == "search":
            append_events(session, searches.forget_unfollowed(session, [id]))
    delivery.publish_follows(session, [content.person_id])


def _end_mail(session: Session, content: LinkContent, chosen: MailStop) -> None:
    row = mail_queue.own_choice(session, content.person_id)
    if chosen == "all":
        row.on = False
        return
    choice = mail_queries.choice_of(row)
    theirs = update(Follow).where(Follow.person_id == content.person_id)
    if chosen == "reason":
        ended = [content.why]
        if content.why in mail_rules.FOLLOWING:
            of_reason = Follow.kind == "search" if content.why == "search" else Follow.kind != "search"
            session.execute(theirs.where(of_reason, Follow.mail != "default").values(mail="default"))
    else:
        ended = [reason for reason in get_args(Reason) if choice.when(reason) == chosen]
        session.execute(theirs.where(Follow.mail == chosen).values(mail="page"))
    row.by_reason = {**row.by_reason, **dict.fromkeys(ended, "page")}
