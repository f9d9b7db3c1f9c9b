"""Signing in and out, sessions, tokens, and the limit on tries."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from contracts.common import Recorded, Scope
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from contracts.people import ChangePassword, CreateGroup, CreateToken, Register, SetGroupText, SignIn
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, passwords, queries, rules
from services.people.actions import sign_in as signing
from services.people.tables import ApiToken, BrowserSession, Person, SignInWindow
from tests.unit.harness import statements_of
from tests.unit.people.harness import SEALER

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
NOW = clock.now()


@pytest.fixture
def sam(database: Database) -> Viewer:
    return signing.register(database, STRANGER, Register(name="Sam", password=SecretStr(PASSWORD))).viewer


def sign_in(database: Database, name: str = "sam", password: str = PASSWORD) -> str:
    return signing.sign_in(database, STRANGER, SignIn(name=name, password=SecretStr(password))).token


def viewer_of_token(database: Database, token: str) -> Viewer | None:
    return signing.viewer_of_token(database, STRANGER, token)


def make_token(database: Database, *scopes: Scope, password: str = PASSWORD) -> str:
    command = CreateToken(name="sam", password=SecretStr(password), label="bot", scopes=list(scopes))
    return signing.create_token(database, STRANGER, command, SEALER).token


def viewer_of(database: Database, token: str) -> Viewer | None:
    return signing.viewer_of_session(database, STRANGER, token)


def test_a_session_opens_by_name_in_any_case(database: Database, sam: Viewer) -> None:
    assert viewer_of(database, sign_in(database, " SAM ")) == sam
    assert viewer_of(database, "unknown") is None
    assert viewer_of(database, "\ud800\0") is None


def test_tokens_and_passwords_are_stored_as_hashes_only(database: Database, sam: Viewer) -> None:
    tokens = {sign_in(database), make_token(database, "read")}
    with database.reading() as session:
        stored = {
            *session.scalars(select(BrowserSession.token_hash)),
            *session.scalars(select(ApiToken.token_hash)),
        }
        password_hash = session.scalars(select(Person.password_hash)).one()
    assert {passwords.token_hash(token) for token in tokens} <= stored
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("p\u00e4ssw\u00f6rter", "pa\u0308sswo\u0308rter"),
        ("pa\u0308sswo\u0308rter", "p\u00e4ssw\u00f6rter"),
        ("four soft\u00a0stones", "four soft stones"),
        (unicodedata.normalize("NFD", "나무 강물 별"), "나무 강물 별"),
    ],
)
def test_a_password_is_the_same_from_any_keyboard(database: Database, chosen: str, typed: str) -> None:
    command = Register(name="Sam", password=SecretStr(chosen))
    viewer = signing.register(database, STRANGER, command).viewer
    assert sign_in(database, password=typed)
    assert sign_in(database, password=chosen)
    with pytest.raises(Forbidden):
        sign_in(database, password=typed + "x")
    change = ChangePassword(old=SecretStr(typed), new=SecretStr("another one"))
    assert signing.change_password(database, viewer, change)


def test_a_password_hashed_as_it_was_typed_still_opens(database: Database, sam: Viewer) -> None:
    typed = "pa\u0308sswo\u0308rter"
    with database.writing() as session:
        session.execute(update(Person).values(password_hash=PasswordHasher().hash(typed)))
    assert sign_in(database, password=typed)


def test_unknown_names_and_wrong_passwords_answer_alike(database: Database, sam: Viewer) -> None:
    for name in ("sam", "nobody-here", "\0"):
        with pytest.raises(Forbidden) as error:
            sign_in(database, name, "wrong password")
        assert (error.value.code, error.value.params, error.value.data) == ("sign-in-wrong", {}, {})


def test_unknown_names_cost_a_hash_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        verified.append(password_hash)
        return real(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    with pytest.raises(Forbidden):
        sign_in(database, "nobody-here")
    assert [each.rpartition("$")[0].rpartition("$")[0] for each in verified] == [
        "$argon2id$v=19$m=19456,t=2,p=1"
    ]


def test_an_account_without_a_password_opens_to_none(
    database: Database, enrol: Callable[..., Viewer]
) -> None:
    enrol("imported")
    for password in ("", PASSWORD):
        with pytest.raises(Forbidden):
            sign_in(database, "imported", password)


def test_tries_are_limited_for_a_name_there_or_not(database: Database, sam: Viewer) -> None:
    for name in ("sam", "nobody-here"):
        with clock.at(NOW):
            for _ in range(rules.SIGN_IN_TRIES):
                with pytest.raises(Forbidden):
                    sign_in(database, name, "wrong password")
            with pytest.raises(TooMany) as error:
                sign_in(database, name.upper())
        assert error.value.code == "sign-in-tries"
        assert 0 < int(error.value.params["seconds"]) <= 901
    with clock.at(NOW + timedelta(minutes=14)), pytest.raises(TooMany):
        make_token(database, "read")
    with clock.at(NOW + timedelta(minutes=16)):
        assert sign_in(database)


def test_a_success_forgets_the_tries(database: Database, sam: Viewer) -> None:
    for _ in range(3):
        for _ in range(rules.SIGN_IN_TRIES - 1):
            with pytest.raises(Forbidden):
                sign_in(database, password="wrong")
        sign_in(database)
    with database.reading() as session:
        assert session.scalars(select(SignInWindow)).all() == []


def test_a_session_lives_thirty_days_from_its_last_use(database: Database, sam: Viewer) -> None:
    with clock.at(NOW):
        token = sign_in(database)
    for day in (20, 40):
        with clock.at(NOW + timedelta(days=day)):
            assert viewer_of(database, token) == sam
    with clock.at(NOW + timedelta(days=71)):
        assert viewer_of(database, token) is None
        other = sign_in(database)  # clears what is over
    with database.reading() as session:
        assert session.get(BrowserSession, passwords.token_hash(token)) is None
        assert session.get(BrowserSession, passwords.token_hash(other)) is not None


def test_reading_seldom_writes(database: Database, sam: Viewer) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    with clock.at(midnight):
        token = sign_in(database)
    writes: list[None] = []
    database.after_commit.append(lambda _session: writes.append(None))
    with clock.at(midnight + timedelta(hours=23)):
        viewer_of(database, token)
    assert not writes
    with clock.at(midnight + timedelta(hours=25)):
        viewer_of(database, token)
        viewer_of(database, token)
    assert len(writes) == 1


def test_signing_out_ends_one_session(database: Database, sam: Viewer) -> None:
    one, other = sign_in(database), sign_in(database)
    with database.writing() as session:
        actions.sign_out(session, sam, one)
        actions.sign_out(session, sam, "unknown")
    assert viewer_of(database, one) is None
    assert viewer_of(database, other) == sam


def test_changing_the_password_ends_the_other_sessions_and_all_tokens(
    database: Database, sam: Viewer
) -> None:
    token, program = sign_in(database), make_token(database, "read")
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr("another horse"))
    fresh = signing.change_password(database, sam, change).token
    assert viewer_of(database, token) is None
    assert viewer_of_token(database, program) is None
    assert viewer_of(database, fresh) == sam
    with pytest.raises(Forbidden):
        sign_in(database)
    assert sign_in(database, password="another horse")


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ("wrong", "another horse", "old", "password-wrong"),
        (PASSWORD, "Samantha1", "new", "password-like-name"),
        (PASSWORD, "Passw0rd!", "new", "password-common"),
    ],
)
def test_bad_new_passwords_change_nothing(
    database: Database, old: str, new: str, field: str, code: str
) -> None:
    command = Register(name="Samantha", password=SecretStr(PASSWORD))
    sam = signing.register(database, STRANGER, command)
    change = ChangePassword(old=SecretStr(old), new=SecretStr(new))
    with pytest.raises(Invalid) as error:
        signing.change_password(database, sam.viewer, change)
    assert [(fault.field, fault.code) for fault in error.value.faults] == [(field, code)]
    assert viewer_of(database, sam.token) == sam.viewer


def test_strangers_and_readers_change_no_password(database: Database, sam: Viewer) -> None:
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr("another horse"))
    with pytest.raises(SignInNeeded):
        signing.change_password(database, STRANGER, change)
    with pytest.raises(Forbidden):
        signing.change_password(database, sam.model_copy(update={"scopes": frozenset({"read"})}), change)


def test_the_operator_sets_a_password(database: Database, sam: Viewer) -> None:
    token, program = sign_in(database), make_token(database, "read")
    with database.writing() as session:
        actions.set_password(session, "SAM", "from the console")
    assert viewer_of(database, token) is None
    assert viewer_of_token(database, program) is None
    assert sign_in(database, password="from the console")
    with pytest.raises(NotFound), database.writing() as session:
        actions.set_password(session, "nobody-here", "from the console")
    with pytest.raises(Invalid), database.writing() as session:
        actions.set_password(session, "sam", "short")


def test_weak_hashes_are_made_anew(database: Database, sam: Viewer) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with database.writing() as session:
        person = queries.person_named(session, "sam")
        assert person is not None
        person.password_hash = weak
    sign_in(database)
    with database.reading() as session:
        person = queries.person_named(session, "sam")
        assert person is not None
        assert not passwords.is_outdated(person.password_hash)
    sign_in(database)


def test_api_tokens_carry_their_scopes(database: Database, sam: Viewer) -> None:
    with database.writing() as session:
        actions.make_administrator(session, "sam")
    token, strong = make_token(database, "read", "write", "read"), make_token(database, "write", "moderate")
    assert token.startswith("space_")
    with database.reading() as session:
        viewer = queries.viewer_of_token(session, STRANGER, token)
        powerful = queries.viewer_of_token(session, STRANGER, strong)
        assert queries.viewer_of_token(session, STRANGER, "space_no") is None
        listed = queries.tokens(session, sam)
    assert viewer is not None
    assert powerful is not None
    assert viewer.scopes == frozenset({"read", "write"})
    assert not viewer.has("editor", "moderator", "administrator")
    assert powerful.has("administrator")
    assert [view.scopes for view in listed] == [["read", "write"], ["write", "moderate"]]
    assert viewer_of(database, token) is None


def test_a_token_without_moderate_moderates_no_group(database: Database, sam: Viewer) -> None:
    with database.writing() as session:
        actions.create_group(
            session, sam, CreateGroup(slug="photo", kind="closed", language="en", name="Photo")
        )
    weak = viewer_of_token(database, make_token(database, "read", "write"))
    strong = viewer_of_token(database, make_token(database, "read", "write", "moderate"))
    assert weak is not None
    assert strong is not None
    assert (weak.groups == strong.groups, weak.moderates, len(strong.moderates)) == (True, frozenset(), 1)
    words = SetGroupText(language="en", name="Photographers")
    steps: tuple[Callable[[Session, Viewer], object], ...] = (
        lambda session, viewer: actions.set_group_text(session, viewer, "photo", words),
        lambda session, viewer: actions.set_member(session, viewer, "photo", "sam", "moderator"),
        lambda session, viewer: queries.members(session, viewer, "photo", "requested", None, 10),
    )
    for write in steps:
        with pytest.raises(Forbidden) as refused, database.writing() as session:
            write(session, weak)
        assert (refused.value.code, refused.value.params) == ("scope-missing", {"scope": "moderate"})
        with database.writing() as session:
            write(session, strong)
    with database.reading() as session:
        assert not queries.group(session, weak, "photo").may_moderate
        assert queries.group(session, strong, "photo").may_moderate


def test_a_token_expires(database: Database, sam: Viewer) -> None:
    made = signing.create_token(
        database,
        STRANGER,
        CreateToken(name="sam", password=SecretStr(PASSWORD), label="bot", expires_in_days=30),
        SEALER,
    )
    assert made.expires_at == made.created_at + timedelta(days=30)
    with clock.at(made.expires_at - timedelta(seconds=1)):
        assert viewer_of_token(database, made.token) is not None
    with clock.at(made.expires_at):
        assert viewer_of_token(database, made.token) is None
        with database.reading() as session:
            assert [token.id for token in queries.tokens(session, sam)] == [made.id]
    with clock.at(made.expires_at + timedelta(days=31)):
        make_token(database, "read")
        with database.reading() as session:
            assert made.id not in [token.id for token in queries.tokens(session, sam)]


def test_of_a_tokens_use_the_day_is_stored(database: Database, sam: Viewer) -> None:
    token = make_token(database, "read")

    def last_used() -> date | None:
        with database.reading() as session:
            return queries.tokens(session, sam)[0].last_used_on

    assert last_used() is None
    morning = clock.now().replace(hour=9) + timedelta(days=1)
    with clock.at(morning):
        viewer_of_token(database, token)
        assert last_used() == morning.date()
    with clock.at(morning + timedelta(hours=5)), statements_of(database.engine) as statements:
        viewer_of_token(database, token)
    assert not [each for each in statements if each.startswith("UPDATE")]
    with clock.at(morning + timedelta(days=1)):
        viewer_of_token(database, token)
        assert last_used() == (morning + timedelta(days=1)).date()


def test_bad_tokens_are_not_made(database: Database, sam: Viewer) -> None:
    with pytest.raises(Forbidden) as error:
        make_token(database, "read", password="wrong")
    assert error.value.code == "sign-in-wrong"
    with pytest.raises(Invalid):
        make_token(database)
    with database.writing() as session:
        command = CreateToken(name="sam", password=SecretStr(""), label="x")
        for _ in range(rules.TOKENS_EACH):
            actions.create_token(session, sam.person_id or "", command)
    with pytest.raises(Conflict):
        make_token(database, "read")


def test_one_revokes_ones_own_tokens_only(
    database: Database, sam: Viewer, enrol: Callable[..., Viewer]
) -> None:
    token = make_token(database, "read")
    with database.reading() as session:
        (view,) = queries.tokens(session, sam)
    for viewer, token_id in ((enrol("other"), view.id), (sam, "0" * 16), (sam, "\0")):
        with pytest.raises(NotFound), database.writing() as session:
            actions.revoke_token(session, viewer, token_id)
    with pytest.raises(SignInNeeded), database.writing() as session:
        actions.revoke_token(session, STRANGER, view.id)
    with database.writing() as session:
        actions.revoke_token(session, sam, view.id)
    with database.reading() as session:
        assert queries.viewer_of_token(session, STRANGER, token) is None


@pytest.mark.parametrize("password", ["password", "12345678", "aaaaaaaa", " " * 8])
def test_a_guessable_password_is_refused_at_every_door_and_an_old_one_works(
    database: Database, password: str
) -> None:
    sam = signing.register(database, STRANGER, Register(name="Samantha", password=SecretStr(PASSWORD)))
    for work in (
        lambda: signing.register(database, STRANGER, Register(name="Noa", password=SecretStr(password))),
        lambda: signing.change_password(
            database, sam.viewer, ChangePassword(old=SecretStr(PASSWORD), new=SecretStr(password))
        ),
        lambda: _set(database, password),
    ):
        with pytest.raises(Invalid) as error:
            work()
        assert [fault.code for fault in error.value.faults] == ["password-common"]
    with database.writing() as session:
        session.execute(update(Person).values(password_hash=passwords.hashed(password)))
    assert signing.sign_in(database, STRANGER, SignIn(name="Samantha", password=SecretStr(password)))


def _set(database: Database, password: str) -> None:
    with database.writing() as session:
        actions.set_password(session, "Samantha", password)


def test_that_a_session_ended_is_told_without_which(
    database: Database, sam: Viewer, events: Callable[[], list[Recorded]]
) -> None:
    token = sign_in(database)
    ends: tuple[Callable[[Session], None], ...] = (
        lambda session: actions.sign_out(session, sam, token),
        lambda session: actions.set_password(session, "Sam", "another horse"),
    )
    for end in ends:
        before = len(events())
        with database.writing() as session:
            end(session)
        assert [(each.type, each.audience, each.data) for each in events()[before:]] == [
            ("people.session.ended", "members", {"person_id": sam.person_id})
        ]
    before = len(events())
    with database.writing() as session:
        actions.sign_out(session, sam, token)
    assert len(events()) == before, "there was none"
