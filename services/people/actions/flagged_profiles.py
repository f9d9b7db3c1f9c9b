"""Tells moderators of profiles in which a blocked term was found that is not refused."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.outbox.tasks import enqueue
from contracts.held import Finding, HeldState
from contracts.people import ProfileField
from core.audience import PUBLIC, Viewer
from core.ids import new_id
from services.people import own_rules
from services.people.actions import held_cases
from services.people.queries.trust import terms
from services.people.tables import Person
from services.people.tasks import FlagProfile
from services.shared.blocked_terms import found_in
from services.shared.limits import limits_hold

_NO_LANGUAGE = "en"


def flag(session: Session, viewer: Viewer, person: Person, before: str) -> None:
    """Have moderators told of a person's profile, if it shows a term that it didn't `before` (`shown_text`).

    It is a task: cases are locked before people, and here the person is.
    """
    if not limits_hold(viewer, "editor", "moderator"):
        return
    wanted = [each for each in terms(session) if each.action == "flag"]
    if found := [each.text for each in found_in(wanted, shown_text(person), before)]:
        enqueue(session, FlagProfile(id=new_id(), person_id=person.id, terms=found))


def open_case(session: Session, task: FlagProfile) -> None:
    """Open the case of a profile, as it is now, unless one is open."""
    person = session.get(Person, task.person_id)
    if person is None or person.vanished_at is not None:
        return
    state = HeldState(
        id=person.id,
        kind="person",
        path=f"/people/{person.name}",
        item_audience=PUBLIC,
        author_id=person.id,
        title=person.display_name or person.name,
        text=shown_text(person),
        language=person.languages[0] if person.languages else _NO_LANGUAGE,
        revision=0,
        status="published",
        findings=[Finding(check="words", term=each) for each in task.terms],
    )
    held_cases.open_flagged(session, state)


def shown_text(person: Person) -> str:
    """What somebody typed for their profile, as far as everybody with an account sees it: moderators read no more."""
    shown = own_rules.audiences_of(person.field_audiences)
    typed: dict[ProfileField, str] = {
        "about": person.about,
        "pronouns": person.pronouns,
        "place": person.place_name,
        "website": person.website,
    }
    texts = [text for field, text in typed.items() if shown[field] in ("public", "members")]
    return "\n\n".join(filter(None, (person.display_name, *texts)))
