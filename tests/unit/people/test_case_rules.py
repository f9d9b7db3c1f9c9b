"""Every decision of `case_rules`, over all kinds, roles and audiences."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from contracts.common import Kind
from contracts.errors import Conflict, Forbidden, Invalid, SpaceError, TooMany
from contracts.moderation import Decide, Measure, Report
from core import clock
from core.audience import MEMBERS, PUBLIC, STRANGER, Role, Viewer
from services.people import case_rules
from services.shared import powers
from services.shared.powers import Part
from tests.unit.harness import NOON
from tests.unit.users import ADMIN, AMIRA, CIRCLE, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR

KINDS: tuple[Kind, ...] = get_args(Kind)
AUTHOR = "author0000000000"
READS_ONLY = MODERATOR.model_copy(
    update={"scopes": frozenset({"read", "write"}), "roles": frozenset({"member"})}
)
SILENCED = MODERATOR.model_copy(update={"scopes": frozenset({"read", "silenced"})})
HANDLERS: dict[str, tuple[Viewer, ...]] = {
    PUBLIC: (MODERATOR, ADMIN),
    MEMBERS: (MODERATOR, ADMIN),
    CIRCLE: (GROUP_MODERATOR,),
}
EVERYBODY = (STRANGER, AMIRA, EDITOR, INSIDER, GROUP_MODERATOR, MODERATOR, ADMIN, READS_ONLY, SILENCED)


def code_of(error: pytest.ExceptionInfo[SpaceError]) -> str:
    return error.value.faults[0].code if error.value.faults else error.value.code


@pytest.mark.parametrize(("audience", "viewer", "kind"), list(product(HANDLERS, EVERYBODY, KINDS)))
def test_who_handles_a_case(audience: str, viewer: Viewer, kind: Kind) -> None:
    expected, part = viewer in HANDLERS[audience], Part(audience, "en", "general")
    assert case_rules.handles(viewer, kind, part, AUTHOR, False) is expected
    assert (audience in powers.moderated_audiences(viewer)) is expected
    assert case_rules.handles(viewer, kind, part, None, False) is expected
    assert not case_rules.handles(viewer, kind, part, viewer.person_id, False)
    of_site = viewer in HANDLERS[PUBLIC]
    assert case_rules.handles(viewer, kind, part, AUTHOR, True) is of_site
    assert not case_rules.handles(viewer, kind, part, AUTHOR, True, decided_by=viewer.person_id)


@pytest.mark.parametrize(("kind", "audience", "silenced"), list(product(KINDS, HANDLERS, (False, True))))
def test_who_moderates_a_part_handles_cases_of_it_and_no_appeals(
    kind: Kind, audience: str, silenced: bool
) -> None:
    expected = {
        "moderator:language:en": kind in case_rules.OF_ITEMS,
        "moderator:talk:general": kind in ("topic", "post"),
        "moderator:news:general": kind == "article",
        "moderator:language:de": False,
        "moderator:talk:other": False,
        "editor:language:en": False,
    }
    part = Part(audience, "en" if kind in case_rules.OF_ITEMS else "", "general")
    for power, wanted in expected.items():
        scopes = frozenset({"read", "silenced"}) if silenced else None
        viewer = AMIRA.model_copy(update={"delegated": frozenset({power}), "scopes": scopes})
        handled = wanted and audience != CIRCLE and not silenced
        assert case_rules.handles(viewer, kind, part, AUTHOR, False) is handled, (power, audience)
        assert not case_rules.handles(viewer, kind, part, AUTHOR, True)
        assert not case_rules.handles(viewer, kind, part, viewer.person_id, False)
        held = case_rules.office_part(viewer, kind, part)
        assert held == (power.removeprefix("moderator:") if wanted and audience != CIRCLE else "")
        measures = case_rules.measures_for(viewer, kind, audience, AUTHOR, ["member"])
        assert not {"silence", "suspension"} & set(measures)


def test_a_decision_is_of_the_smallest_part_and_of_none_by_moderators_of_everything() -> None:
    both = AMIRA.model_copy(
        update={"delegated": frozenset({"moderator:language:en", "moderator:talk:general"})}
    )
    part = Part(PUBLIC, "en", "general")
    assert case_rules.office_part(both, "topic", part) == "talk:general"
    assert case_rules.office_part(MODERATOR, "topic", part) == ""


@pytest.mark.parametrize(("kind", "viewer"), list(product(KINDS, (GROUP_MODERATOR, MODERATOR, ADMIN))))
@pytest.mark.parametrize(
    "roles", [["member"], ["member", "editor"], ["member", "moderator"], ["administrator"]]
)
@pytest.mark.parametrize("subject", [AUTHOR, None])
def test_what_may_be_done(kind: Kind, viewer: Viewer, roles: list[Role], subject: str | None) -> None:
    found = set(case_rules.measures_for(viewer, kind, PUBLIC, subject, roles))
    of_group = kind == "group" and viewer in (MODERATOR, ADMIN)
    assert ("hide" in found) is (kind in ("topic", "post", "article", "event") or of_group)
    assert ("close" in found) is (kind == "topic" or of_group)
    assert ("edit" in found) is (kind in ("topic", "post", "article", "event"))
    assert ("move" in found) is (kind in ("topic", "article"))
    assert ({"word", "warning"} <= found) is (subject is not None)
    in_office = bool({"moderator", "administrator"} & set(roles))
    may = subject is not None and (viewer == ADMIN or (viewer == MODERATOR and not in_office))
    assert ({"silence", "suspension"} <= found) is may
    assert bool({"silence", "suspension"} & found) is may


@pytest.mark.parametrize("kind", KINDS)
def test_what_waits_for_review_is_its_authors_to_change(kind: Kind) -> None:
    found = case_rules.measures_for(MODERATOR, kind, PUBLIC, AUTHOR, ["member"], is_held=True)
    assert not {"edit", "move"} & set(found)


@pytest.mark.parametrize("kind", ["topic", "article"])
def test_nothing_is_moved_out_of_a_group(kind: Kind) -> None:
    assert "move" not in case_rules.measures_for(GROUP_MODERATOR, kind, CIRCLE, AUTHOR, ["member"])


ALL: tuple[Measure, ...] = get_args(Measure)
TEXT = {"language": "en", "body": "Better."}


@pytest.mark.parametrize(
    ("command", "allowed", "code"),
    [
        ({"measures": ["hide"], "reason": "spam"}, [], "measure-unfit"),
        ({"measures": ["hide"]}, ALL, "reason-missing"),
        ({"measures": ["silence"], "reason": "spam"}, ALL, "days-missing"),
        ({"measures": ["suspension"], "reason": "spam"}, ALL, "days-missing"),
        ({"measures": ["word", "warning"], "reason": "spam"}, ALL, "measures-conflict"),
        ({"measures": ["silence", "suspension"], "reason": "spam", "days": 1}, ALL, "measures-conflict"),
        ({"measures": ["edit", "hide"], "reason": "spam", "text": TEXT}, ALL, "measures-conflict"),
        ({"measures": ["move", "hide"], "reason": "spam", "category": "help"}, ALL, "measures-conflict"),
        ({"measures": ["edit"], "reason": "spam"}, ALL, "text-missing"),
        ({"measures": ["move"], "reason": "spam", "text": TEXT}, ALL, "category-missing"),
    ],
)
def test_decisions_that_are_refused(command: dict[str, object], allowed: list[Measure], code: str) -> None:
    with pytest.raises(Invalid) as error:
        case_rules.checked_decision(Decide(words="So.", **command), allowed, "post")
    assert code_of(error) == code


def test_decisions_that_stand() -> None:
    assert case_rules.checked_decision(Decide(words="No."), [], "post") == []
    both = Decide(words="So.", measures=["hide", "hide", "silence"], reason="spam", days=3)
    assert case_rules.checked_decision(both, ALL, "post") == ["hide", "silence"]


def test_a_claim_lapses_after_a_day() -> None:
    with clock.at(NOON):
        case_rules.check_claim(MODERATOR, None, None, None)
        case_rules.check_claim(MODERATOR, None, MODERATOR.person_id, NOON)
        case_rules.check_claim(MODERATOR, None, ADMIN.person_id, NOON - timedelta(days=1))
        with pytest.raises(Conflict) as error:
            case_rules.check_claim(MODERATOR, None, ADMIN.person_id, NOON - timedelta(hours=23))
        assert code_of(error) == "case-claimed"
        with pytest.raises(Conflict) as error:
            case_rules.check_claim(MODERATOR, NOON, MODERATOR.person_id, NOON)
        assert code_of(error) == "case-closed"


def test_only_who_claimed_a_case_decides_it() -> None:
    case_rules.check_claimer(MODERATOR, None, MODERATOR.person_id)
    for closed_at, claimed_by, code in (
        (None, None, "case-not-claimed"),
        (None, ADMIN.person_id, "case-not-claimed"),
        (NOON, MODERATOR.person_id, "case-closed"),
    ):
        with pytest.raises(Conflict) as error:
            case_rules.check_claimer(MODERATOR, closed_at, claimed_by)
        assert code_of(error) == code


def test_one_appeal_within_thirty_days() -> None:
    month = timedelta(days=30)
    with clock.at(NOON):
        case_rules.check_appeal(NOON - month + timedelta(seconds=1), None)
        with pytest.raises(Forbidden) as late:
            case_rules.check_appeal(NOON - month, None)
        assert code_of(late) == "appeal-too-late"
        with pytest.raises(Conflict) as again:
            case_rules.check_appeal(NOON, NOON)
        assert code_of(again) == "appealed-already"


def test_the_thirty_first_report_within_a_day_waits() -> None:
    with clock.at(NOON):
        case_rules.check_reports(None)
        case_rules.check_reports(NOON - timedelta(days=1))
        with pytest.raises(TooMany) as error:
            case_rules.check_reports(NOON - timedelta(hours=23))
    assert error.value.params == {"seconds": 3601}


def test_another_reason_needs_words() -> None:
    plain = {"kind": "post", "item_id": "0" * 16, "path": "/talk/p/0", "audience": PUBLIC, "reason": "other"}
    with pytest.raises(Invalid) as error:
        case_rules.check_report(Report.model_validate(plain))
    assert code_of(error) == "note-missing"
    case_rules.check_report(Report.model_validate({**plain, "words": "It quotes my letter."}))
