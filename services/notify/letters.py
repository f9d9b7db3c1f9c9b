"""Puts together what a mail tells, of notifications and of what the other services say of them to its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from bus.mail.message import MailHead
from contracts.errors import NotFound
from contracts.forum import ForumApi, PostView, TopicView
from contracts.mail import Digest, Letter, MailedItem, MailRecipient
from contracts.people import PeopleApi
from core.audience import group_of
from services.notify import mail_rules
from services.notify.mail_links import LinkContent, MailLinks
from services.notify.tables import Notification

_FIRST_POST = "forum.topic.created"
_POSTS = (_FIRST_POST, "forum.post.created", "forum.post.changed")
_ADDRESSES = {"topic": "/talk/t/", "post": "/talk/p/", "article": "/news/", "event": "/events/"}


@dataclass(frozen=True)
class Sources:
    """The services that are asked for what a mail says."""

    people: PeopleApi
    forum: ForumApi


def about(
    sources: Sources,
    links: MailLinks,
    person_id: str,
    recipient: MailRecipient,
    rows: Sequence[Notification],
) -> Letter | None:
    """A mail about what is new of one subject, with the whole texts of posts; None if nothing of it is there."""
    open_to_mail = [row for row in rows if group_of(row.audience) is None]
    names = _names(sources, recipient, rows)
    items: list[MailedItem] = []
    for row in open_to_mail[: mail_rules.WHOLE_POSTS]:
        item = _with_text(sources, recipient, row, _item(row, names))
        if item is not None:
            items.append(item)
    in_groups = len(rows) - len(open_to_mail)
    more = len(open_to_mail) - len(open_to_mail[: mail_rules.WHOLE_POSTS])
    if not items and not in_groups:
        return None
    return _letter(links, person_id, recipient, rows, names, items=items, more=more, in_groups=in_groups)


def of_time(
    sources: Sources,
    links: MailLinks,
    person_id: str,
    recipient: MailRecipient,
    rows: Sequence[Notification],
    digest: Digest,
) -> Letter | None:
    """A mail of what is new of all that goes out with this digest: what concerns the reader in person first, then the
    liveliest subjects; those of one subject together, the oldest first."""
    open_to_mail = [row for row in rows if group_of(row.audience) is None]
    by_subject: dict[str, list[Notification]] = {}
    for row in open_to_mail:
        by_subject.setdefault(row.subject, []).append(row)
    ranked = sorted(
        by_subject.values(),
        key=lambda of: (not any(mail_rules.in_person(row.reasons) for row in of), -len(of), of[0].id),
    )
    shown = [row for of in ranked for row in of][: mail_rules.DIGEST_ITEMS]
    names = _names(sources, recipient, [*shown, *rows[:1]])
    items = [_item(row, names) for row in shown]
    more, in_groups = len(open_to_mail) - len(shown), len(rows) - len(open_to_mail)
    ordered = [*shown, *(row for row in rows if row not in shown)]
    return _letter(
        links,
        person_id,
        recipient,
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
    return MailHead(id=id, thread=() if id == thread else (thread,), headers=headers)


def _letter(
    links: MailLinks,
    person_id: str,
    recipient: MailRecipient,
    rows: Sequence[Notification],
    names: dict[str, str],
    *,
    items: list[MailedItem],
    more: int,
    in_groups: int,
    digest: Digest | None = None,
) -> Letter:
    first = rows[0]
    reason = next(iter(mail_rules.in_person(first.reasons)), first.reasons[0])
    led = first.followed[0] if reason in mail_rules.FOLLOWING and first.followed else {"kind": "", "id": ""}
    content = LinkContent(person_id, reason, first.subject, led["kind"], led["id"])
    if digest is not None:
        content = LinkContent(person_id, reason, digest)
    of_group = next((row for row in rows if group_of(row.audience) is not None), None)
    return Letter(
        language=recipient.language,
        site=recipient.site,
        items=items,
        more=more,
        in_groups=in_groups,
        path=_address(of_group) if of_group is not None else "",
        digest=digest,
        reason=content.why,
        followed=content.followed,
        followed_name=_name_of(content, names),
        stop=f"/mail/{links.token(content)}",
    )


def _address(row: Notification) -> str:
    """Where something of a group is, without the words that addresses have."""
    kind, _, id = row.item.partition("/")
    return _ADDRESSES[kind] + quote(id) if kind in _ADDRESSES else "/notifications"


def _name_of(content: LinkContent, names: dict[str, str]) -> str:
    if content.followed_kind == "person":
        return names.get(content.followed_id, "")
    return f"#{content.followed_id}" if content.followed_kind == "tag" else ""


def _names(sources: Sources, recipient: MailRecipient, rows: Sequence[Notification]) -> dict[str, str]:
    """The names of those who acted, and of followed people, by their ids."""
    followed = {each["id"] for row in rows for each in row.followed if each["kind"] == "person"}
    ids = sorted(followed | {row.actor_id for row in rows if row.actor_id})
    cards = sources.people.cards(recipient.viewer, ids) if ids else []
    return {card.id: card.shown_name or card.display_name or card.name for card in cards}


def _item(row: Notification, names: dict[str, str]) -> MailedItem:
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


def _with_text(
    sources: Sources, recipient: MailRecipient, row: Notification, item: MailedItem
) -> MailedItem | None:
    """The item with the whole text of its post, of which the reader may have a version in their language; None if there
    is no such post for them."""
    if row.what not in _POSTS:
        return item
    try:
        topic: TopicView | None = None
        if row.what == _FIRST_POST:
            topic = sources.forum.topic(recipient.viewer, row.subject.partition("/")[2], None)
        post = sources.forum.post(recipient.viewer, row.item.partition("/")[2])
    except NotFound:
        return None
    if post.deleted or (topic is not None and topic.deletion is not None):
        return None
    return item.model_copy(update=_text_of(post) if topic is None else _text_of_first(topic, post))


def _text_of(post: PostView) -> dict[str, str]:
    return {"body": post.body, "html": post.html or "", "body_language": post.language}


def _text_of_first(topic: TopicView, post: PostView) -> dict[str, str]:
    version = next((each for each in topic.versions if each.language == topic.language), None)
    titled = {"title": topic.title, "language": topic.language}
    if version is None or not version.body:
        return titled | _text_of(post)
    return titled | {"body": version.body, "html": topic.html or "", "body_language": topic.language}
