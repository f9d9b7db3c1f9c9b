"""Decisions about reports, cases and appeals: who handles them, what may be done, and how long what is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from contracts.common import Kind
from contracts.errors import Conflict, Forbidden, TooMany, invalid
from contracts.moderation import UNNAMED, Decide, Measure, Office, Report
from core import clock
from core.audience import Role, Viewer, group_of
from services.shared import powers
from services.shared.limits import Allowance
from services.shared.powers import Domain, Part

REPORTS_A_DAY = 30
DAY = timedelta(days=1)

REPORTS_OF_A_PEER = Allowance(burst=10, every=timedelta(minutes=5))
"""Reports of strangers from one network."""

CLAIM_LASTS = timedelta(days=1)
"""After so long another moderator may take a case over."""

APPEAL_WITHIN = timedelta(days=30)
KEPT = APPEAL_WITHIN
"""How long the snapshots of a closed case are kept; of an item whose appeal is open, until that is answered."""

NAMES_KEPT = timedelta(days=90)
"""How long after a case is closed it is stored who reported, and with which words."""

OF_ITEMS: tuple[Kind, ...] = ("topic", "post", "article", "event")
IN_CATEGORIES: tuple[Kind, ...] = ("topic", "article")
OF_PERSON: frozenset[Measure] = frozenset({"word", "warning", "silence", "suspension"})
WITH_END: frozenset[Measure] = frozenset({"silence", "suspension"})
KINDS: dict[Domain, tuple[Kind, ...]] = {"talk": ("topic", "post"), "news": ("article",), "": ("event",)}
"""Which kinds of items are in the categories of each domain."""

IN_OFFICE: tuple[Role, ...] = ("moderator", "administrator")


Reporter = Literal["stranger", "new", "member", "in-office"]

AUTOMATIC = UNNAMED
"""Who decided on what was hidden by reports, as long as no moderator has."""

_TRUST: dict[Reporter, int] = {"stranger": 5, "new": 5, "member": 10, "in-office": 20}


def weight_of(reporter: Reporter, closed: int, upheld: int) -> int:
    """How much a report counts: by who reports, and by how many of their reports were `upheld` of those whose cases are
    `closed`. A member's counts 10 at first, 3 after four in vain, and 17 after four that were upheld."""
    return round(_TRUST[reporter] * 2 * (upheld + 1) / (closed + 2))


def check_report(command: Report) -> None:
    """Raise `note-missing` for the reason `other` without words."""
    if command.reason == "other" and not command.words:
        raise invalid("words", "note-missing")


def check_reports(nth_newest: datetime | None) -> None:
    """Raise `TooMany` for a person whose `REPORTS_A_DAY`-th newest report is younger than a day."""
    if nth_newest is not None and (wait := nth_newest + DAY - clock.now()) > timedelta():
        raise TooMany("reports-too-many", params={"seconds": int(wait.total_seconds()) + 1})


# Who handles a case


def domain_of(kind: Kind) -> Domain:
    """In whose categories an item of this kind is."""
    return next((domain for domain, kinds in KINDS.items() if kind in kinds), "")


def parts_of(kind: Kind, part: Part) -> tuple[str, ...]:
    """The parts of the site that an item is in, as roles name them."""
    return powers.parts_of(part, domain_of(kind))


def handles(
    viewer: Viewer,
    kind: Kind,
    part: Part,
    subject_id: str | None,
    of_site: bool,
    decided_by: str | None = None,
) -> bool:
    """Whether a viewer handles a case of an item in `part`: in a group its own moderators, elsewhere those of the site,
    of its language and of its category; never the person concerned.

    What is `of_site`, such as an appeal, is for those of the site alone, without who decided.
    """
    if viewer.person_id is None or viewer.person_id in (subject_id, decided_by):
        return False
    if of_site:
        return viewer.may("moderate") and viewer.has("moderator")
    return powers.moderates(viewer, part, domain_of(kind))


def office(audience: str) -> Office:
    """In which role somebody decides on a case of `audience`."""
    return "moderator" if group_of(audience) is None else "group-moderator"


def is_own_group(viewer: Viewer, kind: str, item_id: str) -> bool:
    """Whether a case or decision is about a group that the viewer moderates: it concerns them."""
    return kind == "group" and item_id in viewer.moderates


def handling_roles(subject_roles: Collection[Role]) -> list[Role]:
    """Who of the site holds the power that a case needs which is about somebody with these roles: of those in office
    administrators alone, who may do all that a case may need."""
    return ["administrator"] if set(IN_OFFICE) & set(subject_roles) else list(IN_OFFICE)


def office_part(viewer: Viewer, kind: Kind, part: Part) -> str:
    """The part of whose moderators somebody decides, if they are not one of the site's, or of a group's."""
    return powers.held_part(viewer, part, domain_of(kind))


# Claiming


def is_claimed(claimed_at: datetime | None) -> bool:
    """Whether a case is claimed, and not so long ago that the claim has lapsed."""
    return claimed_at is not None and claimed_at + CLAIM_LASTS > clock.now()


def check_claim(
    viewer: Viewer, closed_at: datetime | None, claimed_by: str | None, claimed_at: datetime | None
) -> None:
    """Raise `Conflict` if a case is closed, or somebody else has claimed it."""
    if closed_at is not None:
        raise Conflict("case-closed")
    if claimed_by != viewer.person_id and is_claimed(claimed_at):
        raise Conflict("case-claimed")


def check_claimer(viewer: Viewer, closed_at: datetime | None, claimed_by: str | None) -> None:
    """Raise `Conflict` if a case is closed, or the viewer has not claimed it."""
    if closed_at is not None:
        raise Conflict("case-closed")
    if claimed_by != viewer.person_id:
        raise Conflict("case-not-claimed")


def check_own_report(reported: bool, may_decide_own: bool) -> None:
    """Raise `Forbidden("case-own-report")` to who reported the item, unless nobody else could decide."""
    if reported and not may_decide_own:
        raise Forbidden("case-own-report")


# Deciding


def measures_for(
    viewer: Viewer,
    kind: Kind,
    audience: str,
    subject_id: str | None,
    subject_roles: Collection[Role],
    *,
    is_held: bool = False,
) -> list[Measure]:
    """What a viewer who handles a case may choose from; `is_held`: of an item that waits for review.

    Only the site's moderators act on a group, silence and suspend, and on those in office only administrators do.
    """
    found: list[Measure] = []
    if subject_id is not None:
        found += ["word", "warning"]
    if kind in OF_ITEMS and not is_held:
        found.append("edit")
    # A group has categories of its own, or none.
    if kind in IN_CATEGORIES and not is_held and group_of(audience) is None:
        found.append("move")
    if kind in OF_ITEMS:
        found.append("hide")
    if kind == "topic" and not is_held:
        found.append("close")
    if kind == "group" and viewer.has("moderator"):
        found += ["hide", "close"]
    above = viewer.has("administrator") or not set(IN_OFFICE) & set(subject_roles)
    if subject_id is not None and viewer.has("moderator") and above:
        found += ["silence", "suspension"]
    return found


def checked_decision(command: Decide, allowed: Sequence[Measure], kind: Kind) -> list[Measure]:
    """The measures of a decision on an item of this kind, each once. Raises `Invalid`."""
    measures = list(dict.fromkeys(command.measures))
    if not measures:
        return []
    if not set(measures) <= set(allowed):
        raise invalid("measures", "measure-unfit")
    chosen = set(measures)
    if len(OF_PERSON & chosen) > 1 or ("hide" in chosen and chosen & {"edit", "move"}):
        raise invalid("measures", "measures-conflict")
    if "edit" in chosen and (command.text is None or not (command.text.body or kind == "topic")):
        raise invalid("text", "text-missing")
    if "move" in chosen and command.category is None:
        raise invalid("category", "category-missing")
    if command.reason is None:
        raise invalid("reason", "reason-missing")
    if WITH_END & set(measures) and command.days is None:
        raise invalid("days", "days-missing")
    return measures


# Appeals


def may_appeal(at: datetime, appealed_at: datetime | None) -> bool:
    """Whether there is still time for the one appeal against a decision of this moment."""
    return appealed_at is None and clock.now() < at + APPEAL_WITHIN


def check_appeal(at: datetime, appealed_at: datetime | None, by_id: str = "") -> None:
    """Raise `Conflict("appealed-already")`, `Forbidden("appeal-too-late")`, and `Forbidden("appeal-not-yet")` of what
    was hidden by reports: a moderator reads it anyway."""
    if by_id == AUTOMATIC:
        raise Forbidden("appeal-not-yet")
    if appealed_at is not None:
        raise Conflict("appealed-already")
    if not may_appeal(at, appealed_at):
        raise Forbidden("appeal-too-late")
