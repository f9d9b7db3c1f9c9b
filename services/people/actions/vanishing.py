"""Lets people vanish: what they wrote stays under a name that says nothing, everything else of them goes.

Other services do the same when they handle `PersonVanished`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.redaction import Data, forget_requests, naming, redact
from bus.eventlog.schema import event_log
from contracts.errors import invalid
from contracts.moderation import AppealAnswered, CaseOpened, DecisionMade
from contracts.own_account import VanishPerson
from contracts.people import LanguagesChanged, MembershipChanged, PersonChanged, PersonVanished, SessionEnded
from core import clock
from core.audience import STRANGER, Viewer
from core.names import name_key
from services.people import own_rules, rules, views
from services.people.actions import emails, second_factor
from services.people.actions.accounts import end_access
from services.people.actions.descriptions import render_person
from services.people.actions.names import locked_by_name, release_look_alikes, set_display_name
from services.people.actions.roles import acting_administrator, check_not_last_administrator
from services.people.case_tables import Case, CaseDecision, CaseReport, Snapshot
from services.people.own_tables import FormerName, ReservedName
from services.people.sealing import Sealer
from services.people.tables import Base, Decision, Group, Member, Person
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, owner


def ask(session: Session, viewer: Viewer, password_hash: str, code: str, sealer: Sealer) -> datetime:
    """Have one's account vanish after a time; returns when. All sessions and tokens end now.

    `password_hash` is the one that the password was checked against. Raises `password-wrong`, `code-needed`,
    `code-wrong`, `Conflict("last-administrator")`.
    """
    person = rules.known(session.get(Person, owner(viewer), with_for_update=True))
    if person.password_hash != password_hash:
        raise invalid("password", "password-wrong")
    if second_factor.is_on(session, person.id):
        if not code:
            raise invalid("code", "code-needed")
        second_factor.check_code(session, person.id, code, sealer)
    check_not_last_administrator(session, person.id)
    person.vanishes_at = clock.now() + own_rules.VANISHES_AFTER
    session.flush()
    if person.email is not None:
        emails.enqueue_mail(session, "vanishes", person, person.email)
    end_access(session, person.id)
    return person.vanishes_at


def vanish_person(session: Session, viewer: Viewer, name: str, command: VanishPerson) -> str:
    """Let somebody vanish at once, and log it; returns the name that they have then.

    Raises `Forbidden("administrators-only")`, `Conflict("last-administrator")`.
    """
    check_administrator(viewer)
    by_id = acting_administrator(session, viewer)
    person = locked_by_name(session, name)
    check_not_last_administrator(session, person.id)
    rules.known(None if person.vanished_at else person)
    carry_out(session, person)
    session.add(new_decision(Decision, by_id, "person-vanished", person.id, "", command.reason))
    return person.name


def due(session: Session) -> list[str]:
    """The ids of people who are to vanish now."""
    return list(session.scalars(select(Person.id).where(Person.vanishes_at <= clock.now())))


def vanish_due(session: Session, person_id: str) -> None:
    """Let somebody vanish whose time is over, unless they have signed in meanwhile. Raises
    `Conflict("last-administrator")`."""
    person = session.get_one(Person, person_id, with_for_update=True)
    if person.vanishes_at is not None and person.vanishes_at <= clock.now():
        check_not_last_administrator(session, person_id)
        carry_out(session, person)


def carry_out(session: Session, person: Person) -> None:
    """Delete what is known of a locked person, but for what others need of what they did, and publish it."""
    _reserve_names(session, person)
    set_display_name(session, STRANGER, person, "")
    now = clock.now()
    person.name = _free_name(session)
    person.name_key = name_key(person.name)
    person.password_hash = person.place_name = person.place_country = person.about = ""
    person.pronouns = person.website = ""
    person.email = person.email_key = person.new_email = person.interface_language = None
    person.languages, person.new_email_refused, person.field_audiences = [], False, {}
    person.silenced_until = person.suspended_until = person.renamed_at = person.vanishes_at = None
    person.joined_at = clock.midnight(now)
    person.vanished_at = now
    render_person(person)
    session.flush()
    _delete_what_is_theirs(session, person)
    cited = _forget_in_cases(session, person)
    renamed = update(Decision).where(Decision.item == person.id, Decision.action == "person-renamed")
    session.execute(renamed.values(detail=""))
    forget_requests(session, person.id)
    _redact_log(session, person, cited)
    _leave_groups(session, person)
    release_look_alikes(session, person, [])
    append_event(session, PersonVanished(person=views.person_state(person, ()), cited=cited))
    append_event(session, SessionEnded(person_id=person.id))


def _free_name(session: Session) -> str:
    name = own_rules.vanished_name()
    while session.scalar(select(Person.id).where(Person.name_key == name_key(name))) is not None:
        name = own_rules.vanished_name()
    return name


def _reserve_names(session: Session, person: Person) -> None:
    """Keep the person's names from others for a time, without saying whose they were."""
    names = [person.name, *session.scalars(select(FormerName.name).where(FormerName.person_id == person.id))]
    hashes = {own_rules.reserved_hash("name", name_key(name)) for name in names}
    hashes |= {
        own_rules.reserved_hash("look-alike", key) for name in names for key in rules.look_alike_keys(name)
    }
    until = clock.now() + own_rules.NAME_KEPT
    session.execute(delete(ReservedName).where(ReservedName.key_hash.in_(hashes)))
    session.execute(insert(ReservedName), [{"key_hash": each, "until": until} for each in sorted(hashes)])


def _delete_what_is_theirs(session: Session, person: Person) -> None:
    """Delete the rows that a table says would go with the person's row. Memberships and the keys of names follow, with
    the events that say so."""
    kept = {"member", "name_look_alike", "display_look_alike"}
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column is Person.__table__.c.id and key.ondelete == "CASCADE" and table.name not in kept:
                session.execute(delete(table).where(key.parent == person.id))
    session.expire(person, ["roles_held"])


def _forget_in_cases(session: Session, person: Person) -> list[str]:
    """Take the person's name from reports on their profile, and who they are from their own reports. Returns the
    subjects whose title it was. What was reported stays as long as an appeal may need it (`purging`)."""
    about = (("kind", "person"), ("item_id", person.id))
    shown = {"title": person.name, "path": f"/people/{person.name}"}
    cited = []
    for table, kind in ((Case, "case"), (CaseDecision, "decision")):
        which = [getattr(table, column) == value for column, value in about]
        ids = session.scalars(update(table).where(*which).values(**shown).returning(table.id)).all()
        cited += [f"{kind}/{each}" for each in sorted(ids)]
        if table is Case:
            session.execute(update(Snapshot).where(Snapshot.case_id.in_(ids)).values(title=person.name))
    session.execute(update(CaseReport).where(CaseReport.reporter_id == person.id).values(reporter_id=None))
    claimed = update(Case).where(Case.claimed_by == person.id)
    session.execute(claimed.values(claimed_by=None, claimed_at=None))
    return cited


def _redact_log(session: Session, person: Person, cited: list[str]) -> None:
    """Let all earlier events say what is known of the person now."""
    state = PersonChanged(person=views.person_state(person, ())).model_dump(mode="json")
    of_person = event_log.c.subject == f"person/{person.id}"
    redact(session, of_person & (event_log.c.type == PersonChanged.type), lambda _: state)
    unread = LanguagesChanged(person_id=person.id, languages=[]).model_dump(mode="json")
    redact(session, of_person & (event_log.c.type == LanguagesChanged.type), lambda _: unread)

    def renamed(data: Data) -> Data:
        return data | {"person_name": person.name} if data["person_id"] == person.id else data

    redact(session, (event_log.c.type == MembershipChanged.type) & naming(person.id), renamed)
    if cited:
        types = event_log.c.type.in_([CaseOpened.type, DecisionMade.type, AppealAnswered.type])

        def retitled(data: Data) -> Data:
            if "decision" in data:
                return data | {"decision": data["decision"] | {"title": person.name}}
            return data | {"title": person.name}

        redact(session, types & event_log.c.subject.in_(cited), retitled)


def _leave_groups(session: Session, person: Person) -> None:
    """Take the person out of all groups. Where they were the last moderator, who has been in it longest becomes one."""
    mine = select(Member.group_id).where(Member.person_id == person.id).order_by(Member.group_id)
    for group_id in session.scalars(mine).all():
        group = session.get_one(Group, group_id, with_for_update=True, populate_existing=True)
        member = session.get(Member, (group_id, person.id), populate_existing=True)
        if member is None:
            continue
        group.members -= member.state in rules.INSIDE
        session.delete(member)
        session.flush()
        changed = [(person.id, person.name, "none")]
        heir = _heir(session, group_id) if member.state == "moderator" else None
        if heir is not None:
            heir.state = "moderator"
            session.flush()
            changed.append((heir.person_id, session.get_one(Person, heir.person_id).name, "moderator"))
        for person_id, name, state in changed:
            event = MembershipChanged(
                group=views.group_state(group),
                person_id=person_id,
                person_name=name,
                state=state,
                by_id=person.id,
            )
            append_event(session, event)


def _heir(session: Session, group_id: str) -> Member | None:
    """Who becomes a moderator of a group that has none; None if it has one, or nobody is left."""
    inside = select(Member).where(Member.group_id == group_id, Member.state.in_(rules.INSIDE))
    moderated = inside.where(Member.state == "moderator")
    if session.scalar(moderated.limit(1)) is not None:
        return None
    return session.scalar(inside.order_by(Member.since, Member.person_id).limit(1))
