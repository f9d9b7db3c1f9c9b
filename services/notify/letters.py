"""Puts together what a mail tells, of notifications and of what the other services say of them to its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

from bus.mail.message import MailHead
from contracts.errors import NotFound, Unavailable
from contracts.mail import Digest, Letter, MailedItem
from core.audience import group_audience
from services.notify import mail_rules, mail_texts
from services.notify.mail_links import LinkContent, MailLinks
from services.notify.mail_texts import Reader, Sources
from services.notify.tables import Notification

_ADDRESSES = {"topic": "/talk/t/", "post": "/talk/p/", "article": "/news/", "event": "/events/"}


def about(sources: Sources, links: MailLinks, reader: Reader, rows: Sequence[Notification]) -> Letter | None:
    """A mail about what is new of one subject, with whole texts; None if nothing of it is there."""
    open_to_mail = [row for row in rows if reader.may_be_sent(row.audience)]
    before = mail_texts.answered(sources, reader, open_to_mail[0]) if open_to_mail else None
    names = _names(sources, reader, rows, before.author_id if before is not None else "")
    items: list[MailedItem] = []
    for row in open_to_mail[: mail_rules.WHOLE_POSTS]:
        item = mail_texts.with_text(sources, reader, row, _item(row, names))
        if item is not None:
            items.append(item)
    if before is not None and items and items[0].at == open_to_mail[0].at:
        quoted = {"quoted": mail_texts.beginning(before), "quoted_by": names.get(before.author_id, "")}
        items[0] = items[0].model_copy(update=quoted)
    in_groups = len(rows) - len(open_to_mail)
    more = len(open_to_mail) - len(open_to_mail[: mail_rules.WHOLE_POSTS])
    if not items and not in_groups:
        return None
    return _letter(sources, links, reader, rows, names, items=items, more=more, in_groups=in_groups)


def of_time(
    sources: Sources, links: MailLinks, reader: Reader, rows: Sequence[Notification], digest: Digest
) -> Letter | None:
    """A mail of what is new of all that goes out with this digest: what concerns the reader in person first, then the
    liveliest subjects; those of one subject together, the oldest first."""
    open_to_mail = [row for row in rows if reader.may_be_sent(row.audience)]
    by_subject: dict[str, list[Notification]] = {}
    for row in open_to_mail:
        by_subject.setdefault(row.subject, []).append(row)
    ranked = sorted(
        by_subject.values(),
        key=lambda of: (not any(mail_rules.in_person(row.reasons) for row in of), -len(of), of[0].id),
    )
    shown = [row for of in ranked for row in of][: mail_rules.DIGEST_ITEMS]
    names = _names(sources, reader, [*shown, *rows[:1]])
    items = [_item(row, names) for row in shown]
    more, in_groups = len(open_to_mail) - len(shown), len(rows) - len(open_to_mail)
    ordered = [*shown, *(row for row in rows if row not in shown)]
    return _letter(
        sources,
        links,
        reader,
        ordered,
        names,
        items=items,
        more=more,
        in_groups=in_groups,
        digest=digest,
    )


def head(letter: Letter, first: Notification, base_url: str) -> MailHead:
    """The head of a mail, of which `first` is the first notification: programs show those of one subject together."""
    headers = {
        "List-Id": f"<notifications.{urlsplit(base_url).hostname or 'localhost'}>",
        "List-Unsubscribe": f"<{base_url}{letter.stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        "Feedback-ID": f"{letter.digest or letter.reason}:notification:space",
    }
    if letter.digest is not None:
        return MailHead(headers=headers)
    thread = mail_rules.thread_id(first.subject)
    id = mail_rules.mail_id(first.what, first.item, first.subject, first.source_id)
    return MailHead(id=id, thread=() if id == thread else (thread,), headers=headers, own=(letter.stop,))


def _letter(
    sources: Sources,
    links: MailLinks,
    reader: Reader,
    rows: Sequence[Notification],
    names: Mapping[str, str],
    *,
    items: list[MailedItem],
    more: int,
    in_groups: int,
    digest: Digest | None = None,
) -> Letter:
    first = rows[0]
    reason = next(iter(mail_rules.in_person(first.reasons)), first.reasons[0])
    led = first.followed[0] if reason in mail_rules.FOLLOWING and first.followed else {"kind": "", "id": ""}
    content = LinkContent(reader.person_id, reason, first.subject, led["kind"], led["id"])
    if digest is not None:
        content = LinkContent(reader.person_id, reason, digest)
    of_group = next((row for row in rows if not reader.may_be_sent(row.audience)), None)
    recipient = reader.recipient
    return Letter(
        language=recipient.language,
        site=recipient.site,
        items=items,
        more=more,
        in_groups=in_groups,
        path=plain_address(of_group) if of_group is not None else "",
        digest=digest,
        reason=content.why,
        followed=content.followed,
        followed_name=_name_of(sources, reader, content, names),
        stop=f"/mail/{links.token(content)}",
    )


def plain_address(row: Notification) -> str:
    """Where something of a group is, without the words that addresses have."""
    kind, _, id = row.item.partition("/")
    return _ADDRESSES[kind] + quote(id) if kind in _ADDRESSES else "/notifications"


def _name_of(sources: Sources, reader: Reader, content: LinkContent, names: Mapping[str, str]) -> str:
    """The name of what led to a mail, in the reader's language; `""` where it has none that may be in it."""
    kind, id = content.followed_kind, content.followed_id
    if kind == "person":
        return names.get(id, "")
    if kind == "tag":
        return f"#{id}"
    if kind == "search":
        return reader.searches.get(id, "")
    try:
        if kind == "group" and reader.may_be_sent(group_audience(id)):
            return next(
                (each.name for each in sources.people.groups_by_id(reader.recipient.viewer, [id])), ""
            )
        return _category_name(sources, reader, id) if kind == "category" else ""
    except (NotFound, Unavailable):  # no reason to hold a mail up
        return ""


def _category_name(sources: Sources, reader: Reader, id: str) -> str:
    viewer, (domain, _, slug) = reader.recipient.viewer, id.partition("/")
    if domain == "news":
        return next((each.name for each in sources.blog.categories(viewer) if each.slug == slug), "")
    found = next((each for each in sources.forum.categories(viewer) if each.slug == slug), None)
    return found.name if found is not None and reader.may_be_sent(found.audience) else ""


def _names(sources: Sources, reader: Reader, rows: Sequence[Notification], also: str = "") -> dict[str, str]:
    """The names of those who acted, of followed people, and of `also`, by their ids."""
    followed = {each["id"] for row in rows for each in row.followed if each["kind"] == "person"}
    ids = sorted(followed | {row.actor_id for row in rows if row.actor_id} | ({also} if also else set()))
    cards = sources.people.cards(reader.recipient.viewer, ids) if ids else []
    return {card.id: card.shown_name or card.display_name or card.name for card in cards}


def _item(row: Notification, names: Mapping[str, str]) -> MailedItem:
    return MailedItem(
        what=row.what,
        reasons=row.reasons,
        actor=names.get(row.actor_id or "", ""),
        title=row.title,
        language=row.language,
        excerpt=row.excerpt,
        path=row.path,
        subject=row.subject,
        at=row.at,
    )
