"""Decides whether a text appears at once: by blocked terms, by what new people may write, and by what they repeat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from contracts.common import Command
from contracts.errors import Conflict, TooMany, invalid
from contracts.held import Finding, HeldDetail
from contracts.writing_rules import BlockedTerm, NewcomerLimits, TermAction, WritingRules
from core import clock
from core.audience import Viewer
from core.look_alikes import look_alike_forms
from core.markup import mentions, tokens_of
from core.writing_rows import DAY, WritingRows
from services.shared.blocked_terms import found_in
from services.shared.limits import limits_hold

DetailName = Literal["tags", "place", "venue", "online_url"]

Counted = Literal["topic", "reply", "event"]
Written = dict[str, Any]
"""One text in the row of a new person."""

REFUSED: tuple[TermAction, ...] = ("refuse",)

_SHORT = 20
"""A shorter text may be said by many, such as a word of thanks."""


@dataclass(frozen=True)
class Draft:
    """A text that somebody is about to publish. `before`: what it replaces; `counts` None: an edit, which no number a
    day limits. `of_field`: that of the command with the text. `beside`: what else shows with it, by field,
    in which blocked terms are looked for as well (`details_of`)."""

    title: str
    body: str
    counts: Counted | None = None
    before: str = ""
    of_field: str = "body"
    beside: Mapping[DetailName, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n\n".join((self.title, self.body, *self.beside.values()))

    @property
    def details(self) -> list[HeldDetail]:
        return [HeldDetail(name=name, value=value) for name, value in self.beside.items()]


def details_of(command: Command | Mapping[str, Any]) -> dict[DetailName, str]:
    """What a command says beside title and text: place, link and tags."""
    given = command if isinstance(command, Mapping) else command.model_dump(mode="json", exclude_unset=True)
    place = given.get("place") or {}
    found: dict[DetailName, str | None] = {
        "place": place.get("name"),
        "venue": place.get("venue"),
        "online_url": given.get("online_url"),
        "tags": "\n".join(given.get("tags") or ()),
    }
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Verdict:
    """What was found: why it waits for review, and what moderators are told of though it appears."""

    holds: list[Finding] = field(default_factory=list)
    flags: list[Finding] = field(default_factory=list)

    def appearing(self) -> Verdict:
        """The same, of a text that may appear at once. Raises `Conflict("review-needed")` for any other."""
        if self.holds:
            raise Conflict("review-needed")
        return self


def judge(rows: WritingRows, viewer: Viewer, draft: Draft, *, exempt: bool) -> Verdict:
    """What the rules say of a text, which is counted. `exempt`: its writer moderates here.

    Raises `Invalid("text-blocked")` for a term that is refused, and `TooMany` for what new people may not write.
    """
    if exempt or not limits_hold(viewer, "editor", "moderator"):
        return Verdict()
    rules = parsed(rows.rules())
    verdict = Verdict()
    for term in found_in(rules.terms, draft.text, draft.before):
        if term.action == "refuse":
            raise invalid(draft.of_field, "text-blocked", term=term.text)
        finding = Finding(check="words", term=term.text)
        (verdict.holds if term.action == "hold" else verdict.flags).append(finding)
    if viewer.is_new:
        _check_newcomer(rows, str(viewer.person_id), draft, rules.limits)
        verdict.holds.extend(_of_newcomer(rows, draft, rules.limits))
    return verdict


def check_terms(
    terms: Iterable[BlockedTerm],
    viewer: Viewer,
    draft: Draft,
    *,
    refused: Collection[TermAction] = REFUSED,
) -> None:
    """Raise `Invalid("text-blocked")` for a term with one of these actions, in a text that can't wait for review."""
    if not limits_hold(viewer, "editor", "moderator"):
        return
    for term in found_in([each for each in terms if each.action in refused], draft.text, draft.before):
        raise invalid(draft.of_field, "text-blocked", term=term.text)


@lru_cache(maxsize=8)
def parsed(rules: str) -> WritingRules:
    """The rules as they are stored; those of `""` are the usual ones."""
    return WritingRules.model_validate_json(rules) if rules else WritingRules()


def _of_newcomer(rows: WritingRows, draft: Draft, limits: NewcomerLimits) -> Iterable[Finding]:
    if limits.review_all:
        yield Finding(check="newcomer")
    repeated = [] if draft.before else _repeatable(draft)
    times = rows.repeats(repeated) if repeated else 0
    if times > limits.most_repeats:
        yield Finding(check="repeated", score=times, threshold=limits.most_repeats + 1)


def _check_newcomer(rows: WritingRows, person_id: str, draft: Draft, limits: NewcomerLimits) -> None:
    """Count a text of a new person. Raises `TooMany`."""
    used = used_in(draft.body)
    for name, number, most in (
        ("links", len(used.links), limits.links_each),
        ("mentions", len(used.mentions), limits.mentions_each),
        ("pictures", used.pictures, limits.pictures_each),
    ):
        if number > most:
            raise TooMany(f"new-{name}-each", params=_params(limits, most))
    row, now = rows.newcomer(person_id), clock.now()
    written = [one for one in row.written if datetime.fromisoformat(one["at"]) > now - DAY]
    before = used_in(draft.before)
    this = {
        "at": now.isoformat(),
        "kind": draft.counts or "",
        "links": max(len(used.links) - len(before.links), 0),
        "mentions": max(len(used.mentions) - len(before.mentions), 0),
    }
    _check_day(written, this, limits)
    row.written, row.at = [*written, this], now
    rows.flush()


def _check_day(written: list[Written], this: Written, limits: NewcomerLimits) -> None:
    """Raise `TooMany` if a text is more than a new person may write within 24 hours, with the time until it
    fits."""
    kind = this["kind"]
    checks: list[tuple[str, int, Callable[[Written], int]]] = [
        ("new-links", limits.links_a_day, lambda one: int(one["links"])),
        ("new-mentions", limits.mentions_a_day, lambda one: int(one["mentions"])),
    ]
    if kind:
        code, most = {
            "topic": ("new-topics", limits.topics_a_day),
            "reply": ("new-replies", limits.replies_a_day),
            "event": ("new-events", limits.events_a_day),
        }[kind]
        checks.insert(0, (code, most, lambda one: int(one["kind"] == kind)))
    for code, most, amount in checks:
        over = sum(map(amount, written)) + amount(this) - most
        if amount(this) and over > 0:
            raise TooMany(code, params=_params(limits, most, _wait(written, amount, over)))


def _wait(written: list[Written], amount: Callable[[Written], int], over: int) -> timedelta | None:
    """How long until so much of what was written is older than a day; None if it will never be enough."""
    for one in written:
        over -= amount(one)
        if over <= 0:
            return datetime.fromisoformat(one["at"]) + DAY - clock.now()
    return None


def _params(limits: NewcomerLimits, most: int, wait: timedelta | None = None) -> dict[str, str | int]:
    """The parameters of a refusal in the order of its message: the limit, what ends it, and how long to wait."""
    params: dict[str, str | int] = {
        "most": most,
        "member_days": limits.member_days,
        "member_items": limits.member_items,
        "hours": 24,
    }
    if wait is not None:
        seconds = int(wait.total_seconds())
        params |= {"hours": -(-seconds // 3600), "seconds": seconds + 1}
    return params


@dataclass(frozen=True)
class Used:
    """What a text has in it: links to other sites, people it mentions, and pictures."""

    links: list[str]
    mentions: list[str]
    pictures: int


def used_in(body: str) -> Used:
    """The links, mentions and pictures of a text in Markdown."""
    links, pictures = [], 0
    for token in tokens_of(body) or ():
        for child in token.children or ():
            pictures += child.type == "image"
            address = str(child.attrs.get("href", "")) if child.type == "link_open" else ""
            if address.startswith(("http://", "https://", "//", "mailto:")):
                links.append(address)
    return Used(links, mentions(body) if "@" in body else [], pictures)


def _repeatable(draft: Draft) -> list[str]:
    """What is compared with what other new people wrote: the text, however its letters and spaces are written, and the
    place that each link leads to."""
    said = look_alike_forms(" ".join(draft.body.split()))[0]
    found = [f"text {said}"] if len(said) >= _SHORT else []
    for link in used_in(draft.body).links:
        try:
            parts = urlsplit(link)
        except ValueError:
            continue
        host = (parts.hostname or parts.path).removeprefix("www.")
        found.append(f"link {host}{parts.path.rstrip('/') if parts.hostname else ''}")
    return found
