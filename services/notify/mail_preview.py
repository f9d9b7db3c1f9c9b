"""What would have reached somebody by mail last week, computed from the notifications that they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.mail import MailPreview, MailWhen, PreviewedMail, SetMailSettings
from contracts.notify import FollowKind
from core import clock
from core.audience import Viewer
from core.ids import numbered_id
from services.notify import mail_queries, mail_rules, queries
from services.notify.mail_rules import DIGESTS, Choice, Target, own_when
from services.notify.tables import Notification
from services.shared.authorisation import signed_in

WEEK = timedelta(days=7)
LOOKED_AT = 1000
"""The most notifications that are looked at, the newest."""

LISTED = 50
"""The most mails that are listed, the newest; all are counted."""


def mail_preview(session: Session, viewer: Viewer, command: SetMailSettings | None) -> MailPreview:
    """Which mails somebody would have got in the last seven days under these settings (None: their own), of all that
    they see on the page by now. Raises `Invalid` with the fault `timezone-unknown`."""
    person_id, now = signed_in(viewer), clock.now()
    choice = mail_queries.choice_of_person(session, person_id)
    if command is not None:
        choice = mail_rules.changed(choice, command)
    wanted = (
        select(Notification)
        .where(queries.visible_to(viewer), Notification.id >= numbered_id(now - WEEK, 0))
        .order_by(Notification.id.desc())
        .limit(LOOKED_AT)
    )
    found = session.scalars(wanted).all()[::-1]
    own = mail_queries.own_whens(session, person_id)
    return simulated(choice, own, found, now)


def simulated(
    choice: Choice, own: Mapping[Target, MailWhen], found: Sequence[Notification], now: datetime
) -> MailPreview:
    """The mails that these notifications would have become by now, the oldest first in `found`."""
    told: list[PreviewedMail] = []
    on_page = 0
    open_mails: dict[str, tuple[datetime, MailWhen, list[Notification]]] = {}
    last: dict[str, datetime] = {}

    def close(until: datetime) -> None:
        for thread, (due, when, rows) in list(open_mails.items()):
            if due <= until:
                del open_mails[thread]
                last[thread] = due
                told.append(_mail(due, when, rows))

    for row in found:
        close(row.at)
        when = choice.when_for(row.reasons, own_when(_followed(row.followed), own))
        if when == "page":
            on_page += 1
            continue
        thread = when if when in DIGESTS else row.subject
        if thread not in open_mails:
            due = choice.due(when, row.at)
            if when == "once" and thread in last:
                due = choice.after_quiet(max(due, last[thread] + mail_rules.BETWEEN))
            open_mails[thread] = (due, when, [])
        open_mails[thread][2].append(row)
    close(now)
    told.sort(key=lambda mail: mail.at)
    counts: dict[MailWhen, int] = {}
    for mail in told:
        counts[mail.when] = counts.get(mail.when, 0) + 1
    waiting = sum(len(rows) for _, _, rows in open_mails.values())
    return MailPreview(mails=told[-LISTED:][::-1], counts=counts, on_page=on_page, waiting=waiting)


def _mail(due: datetime, when: MailWhen, rows: Sequence[Notification]) -> PreviewedMail:
    if when in DIGESTS:
        return PreviewedMail(at=due, when=when, told=len(rows))
    first = rows[0]
    return PreviewedMail(at=due, when=when, told=len(rows), title=first.title, language=first.language)


def _followed(stored: Iterable[Mapping[str, str]]) -> list[Target]:
    return [(cast(FollowKind, each["kind"]), each["id"]) for each in stored]
