"""Messages to the moderators by people who say to nobody who they are, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, select, text

from contracts.contact import AnswerContact, ContactView, ContinueContact, OpenContact, ReadContact
from contracts.errors import Conflict, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.moderation import CaseView, Decide
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import contact_rules
from services.people.actions import cases, contact, contact_delivery
from services.people.case_tables import Case, CaseEntry
from services.people.contact_tables import Contact, ContactWords
from tests.unit.harness import NOON, meet
from tests.unit.people.desk import Desk
from tests.unit.people.harness import Events

pytestmark = pytest.mark.slow

CODE, OTHER = "4915112345678901", "0030123456789012"
WORDS = "zqtold of somebody"


class Writer:
    """Somebody with a code, whoever it is."""

    def __init__(self, database: Database, code: str = CODE) -> None:
        self._database = database
        self.code = SecretStr(code)

    def open(self, words: str = WORDS, viewer: Viewer = STRANGER) -> ContactView:
        return contact.open_contact(self._database, viewer, OpenContact(code=self.code, words=words))

    def read(self) -> ContactView:
        return contact.read_contact(self._database, STRANGER, ReadContact(code=self.code))

    def go_on(self, words: str) -> ContactView:
        return contact.continue_contact(
            self._database, STRANGER, ContinueContact(code=self.code, words=words)
        )


@pytest.fixture
def writer(database: Database) -> Writer:
    return Writer(database)


@pytest.fixture
def deliver(database: Database) -> Callable[[], None]:
    """Let the moderators see what came."""

    def now() -> None:
        with database.writing() as session:
            contact_delivery.deliver(session)

    return now


def answer(desk: Desk, viewer: Viewer, case_id: str, words: str = "We look at it.") -> CaseView:
    desk.claim(viewer, case_id)
    with desk.database.writing() as session:
        contact_delivery.answer_contact(session, viewer, case_id, AnswerContact(words=words))
    return desk.case(viewer, case_id)


def close(desk: Desk, viewer: Viewer, case_id: str) -> None:
    desk.claim(viewer, case_id)
    with desk.database.writing() as session:
        contact_delivery.close_contact(session, viewer, case_id)


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SpaceError) as error:
        work()
    return error.value.code


def test_a_message_is_answered_and_written_on_to(
    desk: Desk, writer: Writer, deliver: Callable[[], None]
) -> None:
    assert writer.open().state == "waiting"
    assert desk.queue(desk.mod) == [], "not before it is delivered"
    deliver()
    (case_id,) = desk.queue(desk.mod)
    case = desk.case(desk.mod, case_id)
    assert (case.kind, case.subject_id, case.title, case.measures) == ("message", None, "", [])
    assert [each.words for each in case.messages] == [WORDS]
    case = answer(desk, desk.mod, case_id)
    assert case.messages[-1].by_id == desk.mod.person_id
    seen = writer.read()
    assert seen.state == "answered"
    assert [(each.by_moderators, each.by_id) for each in seen.messages] == [(False, None), (True, None)]
    assert str(desk.mod.person_id) not in seen.model_dump_json()
    assert writer.go_on("Thanks.").state == "waiting"
    assert len(desk.case(desk.mod, case_id).messages) == 2
    deliver()
    assert [each.words for each in desk.case(desk.mod, case_id).messages][-1] == "Thanks."


def test_a_closed_one_opens_again_when_its_writer_goes_on(
    desk: Desk, writer: Writer, deliver: Callable[[], None]
) -> None:
    writer.open()
    deliver()
    (case_id,) = desk.queue(desk.mod)
    close(desk, desk.mod, case_id)
    assert writer.read().state == "closed"
    assert desk.queue(desk.mod, closed=True) == [case_id]
    writer.go_on("But …")
    deliver()
    assert desk.queue(desk.other) == [case_id]
    assert desk.case(desk.other, case_id).may_claim
    steps = [each.step for each in desk.case(desk.other, case_id).history]
    assert steps == ["claimed", "closed"]


def test_moderators_are_told_once_and_nothing_but_that(
    desk: Desk, writer: Writer, deliver: Callable[[], None], events: Events
) -> None:
    def told() -> list[dict[str, Any]]:
        return [each.data for each in events() if each.type == "people.contact.waits"]

    before = len(events())
    writer.open()
    writer.go_on("And more.")
    assert len(events()) == before, "writing appends nothing: an event has a time"
    deliver()
    deliver()
    (case_id,) = desk.queue(desk.mod)
    everybody = {
        "case_id": case_id,
        "person_ids": sorted([str(desk.mod.person_id), str(desk.other.person_id)]),
    }
    assert [{**each, "person_ids": sorted(each["person_ids"])} for each in told()] == [everybody]
    writer.go_on("Hello?")
    deliver()
    assert len(told()) == 1
    answer(desk, desk.mod, case_id)
    writer.go_on("Good.")
    deliver()
    assert told()[1:] == [{"case_id": case_id, "person_ids": [desk.mod.person_id]}]
    assert "zqtold" not in str([each.data for each in events()])


def test_nothing_is_stored_that_tells_who_or_when(
    desk: Desk, writer: Writer, deliver: Callable[[], None], database: Database
) -> None:
    moment = NOON + timedelta(hours=3, minutes=21, seconds=7)
    tables = inspect(database.engine).get_table_names()

    def stored() -> dict[str, list[Any]]:
        with database.reading() as session:
            return {name: list(session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables}

    before = stored()
    with clock.at(moment):
        writer.open(viewer=desk.reader)
        new = {name: [row for row in rows if row not in before[name]] for name, rows in stored().items()}
        deliver()
    assert {name for name, rows in new.items() if rows} == {"contact", "contact_words"}
    said = str(new)
    assert str(desk.reader.person_id) not in said
    assert "15:21" not in said
    assert CODE not in said
    assert CODE[contact_rules.LOOKUP :] not in said
    (case_id,) = desk.queue(desk.mod)
    case = desk.case(desk.mod, case_id)
    assert case.opened_at == NOON.replace(hour=0)
    assert [each.on for each in case.messages] == [date(2026, 3, 1)]
    with database.reading() as session:
        assert session.scalars(select(Contact.secret_hash)).one().startswith("$argon2id$")
        for row in session.scalars(select(Case)):
            assert row.opened_at == NOON.replace(hour=0)


@pytest.mark.parametrize("typed", [" 4915 1123 4567 8901 ", "4915-1123-4567-8901", "٤٩١٥١١٢٣٤٥٦٧٨٩٠١"])
def test_a_code_is_taken_however_it_is_typed(database: Database, writer: Writer, typed: str) -> None:
    writer.open()
    assert Writer(database, typed).read().messages[0].words == WORDS


@pytest.mark.parametrize(
    "typed", ["", "x", "4915112345678902", "5915112345678901", "49151123456789012", "\0", "4" * 200]
)
def test_a_wrong_code_opens_nothing_and_says_no_more(database: Database, writer: Writer, typed: str) -> None:
    writer.open()
    wrong = Writer(database, typed)
    assert code_of(wrong.read) == "contact-code-wrong"
    assert code_of(lambda: wrong.go_on("Let me in.")) == "contact-code-wrong"
    assert len(writer.read().messages) == 1


def test_the_same_form_sent_twice_writes_once(database: Database, writer: Writer) -> None:
    assert writer.open() == writer.open()
    writer.go_on("More.")
    assert [each.words for each in writer.go_on("More.").messages] == [WORDS, "More."]


def test_a_code_whose_beginning_is_taken_is_refused(database: Database, writer: Writer) -> None:
    writer.open()
    assert code_of(Writer(database, CODE[:-1] + "2").open) == "contact-code-taken"
    Writer(database, OTHER).open("Another one.")
    assert [each.words for each in writer.read().messages] == [WORDS]


def test_of_two_with_one_code_at_one_moment_the_second_writes_nothing(database: Database) -> None:
    def row(code: str) -> Callable[[Any], object]:
        def add(session: Any) -> None:
            session.add(Contact(lookup=code[:4], secret_hash="x", case_id=None, last_on=NOON.date()))
            session.flush()

        return add

    # What `open_contact` writes waits for the first, and then finds it.
    first, second = Writer(database), Writer(database)
    error = meet(database, row(CODE), lambda _session: second.open())
    assert isinstance(error, Conflict)
    assert code_of(first.read) == "contact-code-wrong"


def test_those_who_may_not_neither_see_nor_answer(
    desk: Desk, writer: Writer, deliver: Callable[[], None]
) -> None:
    writer.open()
    deliver()
    (case_id,) = desk.queue(desk.mod)
    words = AnswerContact(words="I am no moderator.")
    for viewer in (STRANGER, desk.reader, desk.author):
        with desk.database.writing() as session, pytest.raises((NotFound, SignInNeeded)):
            contact_delivery.answer_contact(session, viewer, case_id, words)
        with desk.database.writing() as session, pytest.raises((NotFound, SignInNeeded)):
            contact_delivery.close_contact(session, viewer, case_id)
        with pytest.raises(NotFound):
            desk.case(viewer, case_id)
    for viewer in (desk.mod, desk.other):
        with desk.database.writing() as session, pytest.raises(Conflict) as error:
            contact_delivery.answer_contact(session, viewer, case_id, words)
        assert error.value.code == "case-not-claimed"
    assert writer.read().state == "waiting"


def test_a_message_is_no_report_and_a_report_no_message(
    desk: Desk, writer: Writer, deliver: Callable[[], None]
) -> None:
    writer.open()
    deliver()
    (case_id,) = desk.queue(desk.mod)
    desk.claim(desk.mod, case_id)
    with desk.database.writing() as session, pytest.raises(Conflict) as error:
        cases.decide_case(session, desk.mod, case_id, Decide(words="No."))
    assert error.value.code == "case-is-message"
    desk.report(desk.reader)
    (report,) = (each for each in desk.queue(desk.mod) if each != case_id)
    desk.claim(desk.mod, report)
    with desk.database.writing() as session, pytest.raises(Conflict) as error:
        contact_delivery.close_contact(session, desk.mod, report)
    assert error.value.code == "case-is-no-message"


def test_a_flood_is_held_and_bounded(
    desk: Desk, writer: Writer, deliver: Callable[[], None], database: Database
) -> None:
    with database.writing() as session:
        for number in range(contact_rules.WAITING):
            lookup = f"{number:04}"
            session.add(Contact(lookup=lookup, secret_hash="x", case_id=None, last_on=clock.now().date()))
            session.flush()
            words = ContactWords(lookup=lookup, day=clock.now().date(), words=lookup, by_id=None, held=True)
            session.add(words)
    with pytest.raises(TooMany) as error:
        writer.open()
    assert error.value.code == "contact-full"
    deliver()
    queue = desk.queue(desk.mod)
    assert len(queue) == contact_rules.SHOWN
    writer.open()
    close(desk, desk.mod, queue[0])
    deliver()
    new = set(desk.queue(desk.mod)) - set(queue)
    assert [desk.case(desk.mod, each).messages[0].words for each in new] == [f"{contact_rules.SHOWN:04}"]


def test_one_writer_waits_for_an_answer_after_ten(writer: Writer) -> None:
    writer.open()
    for number in range(contact_rules.UNANSWERED - 1):
        writer.go_on(f"{number}")
    assert code_of(lambda: writer.go_on("Eleven.")) == "contact-unanswered"


def test_a_conversation_ends_ninety_days_after_its_last_word(
    desk: Desk, writer: Writer, deliver: Callable[[], None], database: Database
) -> None:
    def purge(days: int) -> None:
        with clock.at(NOON + timedelta(days=days)), database.writing() as session:
            contact_delivery.purge_contacts(session)

    with clock.at(NOON):
        writer.open()
        deliver()
        (case_id,) = desk.queue(desk.mod)
    with clock.at(NOON + timedelta(days=60)):
        answer(desk, desk.mod, case_id)
    purge(149)
    assert len(writer.read().messages) == 2
    purge(150)
    assert code_of(writer.read) == "contact-code-wrong"
    with pytest.raises(NotFound):
        desk.case(desk.mod, case_id)
    with database.reading() as session:
        for table in (Contact, ContactWords, Case, CaseEntry):
            assert session.scalars(select(table)).all() == []


def test_two_deliveries_at_one_moment_open_one_case(
    desk: Desk, writer: Writer, database: Database, events: Events
) -> None:
    writer.open()
    assert meet(database, contact_delivery.deliver, contact_delivery.deliver) is None
    assert len(desk.queue(desk.mod)) == 1
    assert [each.type for each in events()].count("people.contact.waits") == 1


def test_an_answer_and_a_purge_at_one_moment(
    desk: Desk, writer: Writer, deliver: Callable[[], None], database: Database
) -> None:
    writer.open()
    deliver()
    (case_id,) = desk.queue(desk.mod)
    desk.claim(desk.mod, case_id)

    def gone(session: Any) -> None:
        with clock.at(clock.now() + timedelta(days=91)):
            contact_delivery.purge_contacts(session)

    error = meet(
        database,
        gone,
        lambda session: contact_delivery.answer_contact(
            session, desk.mod, case_id, AnswerContact(words="Yes.")
        ),
    )
    assert isinstance(error, NotFound)
    assert code_of(writer.read) == "contact-code-wrong"
