"""Wiki accounts: they sign in and up, are linked and unlinked, and are known by their central id alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from contracts.errors import Conflict, SpaceError
from contracts.kept_forms import KeepForm
from contracts.own_account import Rename
from contracts.people import (
    ChangePassword,
    EnterCode,
    OwnPassword,
    Register,
    SignedIn,
    SignIn,
    SignInWithCode,
)
from contracts.sign_up_invitations import CreateSignUpInvitation
from contracts.site import SetSignUp
from contracts.wiki_accounts import LinkWikiAccount, RegisterWithWiki, SetFirstPassword, WikiIdentity
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import access_rules, actions, queries, totp, wiki_rules
from services.people.actions import kept_forms, renaming, wiki_accounts
from services.people.actions import sign_in as signing
from services.people.actions.site_invitations import create_sign_up_invitation
from services.people.tables import Person
from services.people.wiki_tables import KeptForm
from tests.unit.harness import meet
from tests.unit.people.harness import SEALER, Enrol, Post

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
WIKI = "https://meta.example/w"


def identity(central_id: str = "7", username: str | None = "Sam Rivera", **facts: Any) -> WikiIdentity:
    return WikiIdentity(wiki=WIKI, central_id=central_id, username=username, **facts)


def register(database: Database, who: WikiIdentity, name: str | None = None) -> SignedIn:
    command = RegisterWithWiki(identity=who, name=name, languages=["es"])
    return wiki_accounts.register(database, STRANGER, command)


def with_password(database: Database, name: str = "Ada") -> Viewer:
    command = Register(name=name, password=SecretStr(PASSWORD), email=f"{name}@x.example")
    return signing.register(database, STRANGER, command).viewer


def link(database: Database, viewer: Viewer, who: WikiIdentity, password: str = PASSWORD) -> None:
    wiki_accounts.link(database, viewer, LinkWikiAccount(identity=who, password=SecretStr(password)))


def refusal(work: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(SpaceError) as error:
        work(*arguments)
    return error.value.faults[0].code if error.value.faults else error.value.code


def unlink(database: Database, viewer: Viewer) -> None:
    with database.writing() as session:
        wiki_accounts.unlink(session, viewer)


def test_the_first_sign_in_makes_an_account_and_later_ones_open_it(database: Database) -> None:
    assert refusal(wiki_accounts.sign_in, database, STRANGER, identity()) == "wiki-account-unknown"
    made = register(database, identity())
    assert made.viewer.name == "Sam_Rivera"
    again = wiki_accounts.sign_in(database, STRANGER, identity())
    assert again.viewer == made.viewer
    assert signing.viewer_of_session(database, STRANGER, again.token) == made.viewer
    with database.reading() as session:
        account = queries.me(session, made.viewer)
    assert (account.languages, account.has_password) == (["es"], False)
    assert account.wiki_account is not None
    assert (account.wiki_account.wiki, account.wiki_account.username) == (WIKI, "Sam Rivera")
    # No password opens it, not even an empty one.
    for password in ("", " "):
        command = SignIn(name="Sam_Rivera", password=SecretStr(password))
        assert refusal(signing.sign_in, database, STRANGER, command) == "sign-in-wrong"


def test_the_same_id_on_another_wiki_is_somebody_else(database: Database) -> None:
    register(database, identity())
    other = identity().model_copy(update={"wiki": "https://other.example/w"})
    assert refusal(wiki_accounts.sign_in, database, STRANGER, other) == "wiki-account-unknown"


@pytest.mark.parametrize("central_id", ["0", "", "-1", "07", "x", "1" * 21, "1\n"])
def test_no_other_ids_are_taken(central_id: str) -> None:
    with pytest.raises(ValidationError):
        identity(central_id)


def test_a_name_that_cannot_be_used_is_chosen_anew(database: Database, enrol: Enrol) -> None:
    enrol("Sam_Rivera")
    enrol("Olga")
    assert refusal(register, database, identity()) == "name-taken"
    assert refusal(register, database, identity("8", "0lga")) == "name-look-alike"
    for username in ("Sam (WMF)", "~2026-12345-67", "S", "x" * 60, None):
        assert refusal(register, database, identity("8", username)) == "name-shape"
    assert refusal(register, database, identity("8", "Admin")) == "name-reserved"
    assert refusal(register, database, identity("8", "Vanished_12345")) == "name-reserved"
    assert refusal(register, database, identity(), "admin") == "name-reserved"
    assert register(database, identity(), "Sam.Rivera").viewer.name == "Sam.Rivera"
    assert wiki_accounts.sign_in(database, STRANGER, identity()).viewer.name == "Sam.Rivera"


def test_a_hidden_user_signs_in_all_the_same(database: Database) -> None:
    hidden = identity(username=None, blocked=True)
    made = register(database, hidden, "Robin")
    assert wiki_accounts.sign_in(database, STRANGER, hidden).viewer == made.viewer
    with database.reading() as session:
        account = queries.me(session, made.viewer)
    assert account.wiki_account is not None
    assert account.wiki_account.username is None


@pytest.mark.parametrize(
    ("edits", "blocked", "trusted"),
    [(0, False, False), (wiki_rules.TRUSTED_EDITS, False, True), (wiki_rules.TRUSTED_EDITS, True, False)],
)
def test_who_is_known_on_the_wiki_starts_as_trusted(
    database: Database, edits: int, blocked: bool, trusted: bool
) -> None:
    viewer = register(database, identity(edits=edits, blocked=blocked)).viewer
    assert viewer.person_id
    wiki_accounts.sign_in(database, STRANGER, identity(edits=10_000))
    with database.reading() as session:
        found = queries.wiki_account_of(session, viewer.person_id)
        assert found is not None
        assert found.trusted_from_wiki is trusted


def test_while_sign_up_is_closed_the_wiki_opens_no_account(database: Database, enrol: Enrol) -> None:
    ida = enrol("Ida", "administrator")
    with database.writing() as session:
        actions.set_sign_up(session, ida, SetSignUp(open=False, reason="Full."))
    assert refusal(register, database, identity()) == "sign-up-closed"
    assert refusal(register, database, identity(), "Robin") == "sign-up-closed"


def test_where_invitations_are_needed_the_wiki_is_none(database: Database, enrol: Enrol) -> None:
    ida = enrol("Ida", "administrator")
    with database.writing() as session:
        actions.set_sign_up(session, ida, SetSignUp(open=False, by_invitation=True, reason="Slowly."))
        wanted = CreateSignUpInvitation(uses=1, days=7, reason="For Sam")
        code = create_sign_up_invitation(session, ida, wanted).code
    assert refusal(register, database, identity()) == "sign-up-closed"

    def invited(who: WikiIdentity, typed: str) -> SignedIn:
        command = RegisterWithWiki(identity=who, invitation=SecretStr(typed))
        return wiki_accounts.register(database, STRANGER, command)

    assert refusal(invited, identity(), "made up") == "invitation-wrong"
    assert refusal(wiki_accounts.sign_in, database, STRANGER, identity()) == "wiki-account-unknown"
    assert invited(identity(), code).viewer.name == "Sam_Rivera"
    assert refusal(invited, identity("8", "Robin"), code) == "invitation-wrong"
    assert wiki_accounts.sign_in(database, STRANGER, identity())


def test_a_new_name_on_the_wiki_is_followed(database: Database) -> None:
    register(database, identity())
    renamed = wiki_accounts.sign_in(database, STRANGER, identity(username="Sam Núñez"))
    assert renamed.viewer.name == "Sam_Núñez"
    # The name from before is kept for them.
    assert refusal(register, database, identity("8")) == "name-taken"
    # Who is hidden now keeps the name.
    assert wiki_accounts.sign_in(database, STRANGER, identity(username=None)).viewer.name == "Sam_Núñez"


def test_a_new_name_that_somebody_has_or_that_was_not_theirs_is_only_noted(
    database: Database, enrol: Enrol
) -> None:
    enrol("Robin")
    viewer = register(database, identity()).viewer
    for username in ("Robin", "Robin (WMF)"):
        assert wiki_accounts.sign_in(database, STRANGER, identity(username=username)).viewer == viewer
    with database.reading() as session:
        account = queries.me(session, viewer)
    assert account.wiki_account is not None
    assert (account.name, account.wiki_account.username) == ("Sam_Rivera", "Robin (WMF)")
    with database.writing() as session:
        renaming.rename(session, viewer, Rename(name="Mine"))
    assert wiki_accounts.sign_in(database, STRANGER, identity(username="Sam Other")).viewer.name == "Mine"


def test_the_second_factor_is_asked_for_and_a_suspension_holds(database: Database) -> None:
    now = clock.now()
    ada = with_password(database)
    link(database, ada, identity())
    with clock.at(now):
        secret = signing.begin_second_factor(
            database, ada, OwnPassword(password=SecretStr(PASSWORD)), SEALER
        ).secret
        code = totp.code_at(secret, totp.step_at(now) - 1)
        signing.confirm_second_factor(database, ada, EnterCode(code=SecretStr(code)), SEALER)
        with pytest.raises(SpaceError) as needed:
            wiki_accounts.sign_in(database, STRANGER, identity())
        assert (needed.value.code, needed.value.data["name"]) == ("code-needed", "Ada")
        command = SignInWithCode(
            challenge=SecretStr(needed.value.data["challenge"]),
            name="Ada",
            code=SecretStr(totp.code_at(secret, totp.step_at(now))),
        )
        assert signing.sign_in_with_code(database, STRANGER, command, SEALER).viewer == ada


def test_linking_asks_for_the_password_and_tells_the_address(database: Database, post: Post) -> None:
    ada = with_password(database)
    (confirm,) = post.sent()
    with database.writing() as session:
        actions.confirm_email(session, STRANGER, confirm.token)
    assert refusal(link, database, ada, identity(), "wrong") == "password-wrong"
    assert refusal(link, database, STRANGER, identity()) == "sign-in-needed"
    link(database, ada, identity())
    link(database, ada, identity())
    assert wiki_accounts.sign_in(database, STRANGER, identity()).viewer == ada
    assert refusal(link, database, ada, identity("8")) == "wiki-account-other"
    unlink(database, ada)
    assert refusal(wiki_accounts.sign_in, database, STRANGER, identity()) == "wiki-account-unknown"
    assert refusal(unlink, database, ada) == "not-found"
    assert [mail.template for mail in post.sent()] == ["wiki-linked", "wiki-unlinked"]
    link(database, ada, identity("8"))


def test_a_wiki_account_is_linked_to_one_account(database: Database) -> None:
    made = register(database, identity())
    ada = with_password(database)
    assert refusal(link, database, ada, identity()) == "wiki-account-taken"
    assert refusal(register, database, identity(), "Other") == "wiki-account-taken"
    assert wiki_accounts.sign_in(database, STRANGER, identity()).viewer == made.viewer


def test_the_only_way_in_stays_until_there_is_a_password(database: Database) -> None:
    sam = register(database, identity()).viewer
    assert refusal(unlink, database, sam) == "last-way-in"

    def choose(who: WikiIdentity, password: str, viewer: Viewer = sam) -> SignedIn:
        command = SetFirstPassword(identity=who, new=SecretStr(password))
        return wiki_accounts.set_first_password(database, viewer, command)

    register(database, identity("8", "Robin"))
    for who in (identity("8"), identity("9")):
        assert refusal(choose, who, PASSWORD) == "wiki-account-unknown"
    assert refusal(choose, identity(), "password1") == "password-common"
    assert refusal(choose, identity(), PASSWORD, STRANGER) == "sign-in-needed"
    before = wiki_accounts.sign_in(database, STRANGER, identity()).token
    fresh = choose(identity(), PASSWORD)
    assert signing.viewer_of_session(database, STRANGER, before) is None
    assert signing.viewer_of_session(database, STRANGER, fresh.token) == sam
    assert refusal(choose, identity(), "another long one") == "password-set"
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr("four other stones"))
    signing.change_password(database, sam, change)
    unlink(database, sam)


@pytest.mark.parametrize("scopes", [frozenset({"read"}), frozenset[str]()])
def test_a_token_that_may_only_read_changes_nothing(database: Database, scopes: frozenset[str]) -> None:
    ada = with_password(database)
    reader = ada.model_copy(update={"scopes": scopes})
    assert refusal(link, database, reader, identity()) == "scope-missing"
    assert refusal(unlink, database, reader) == "scope-missing"


def test_of_two_who_sign_up_with_one_wiki_account_at_once_one_has_it(database: Database) -> None:
    error = meet(
        database,
        lambda session: wiki_accounts.create(session, STRANGER, RegisterWithWiki(identity=identity())),
        lambda session: wiki_accounts.create(
            session, STRANGER, RegisterWithWiki(identity=identity(), name="Robin")
        ),
    )
    assert isinstance(error, Conflict)
    assert error.code == "wiki-account-taken"
    with database.reading() as session:
        assert queries.person_named(session, "Robin") is None


def test_of_two_who_link_one_wiki_account_at_once_one_has_it(database: Database) -> None:
    ids = [with_password(database, name).person_id for name in ("Ada", "Bea")]

    def add(person_id: str | None) -> Callable[[Any], object]:
        return lambda session: wiki_accounts.add_link(
            session, session.get_one(Person, person_id, with_for_update=True), identity()
        )

    error = meet(database, add(ids[0]), add(ids[1]))
    assert isinstance(error, Conflict)
    assert wiki_accounts.sign_in(database, STRANGER, identity()).viewer.person_id == ids[0]


def test_who_is_unlinked_at_this_moment_is_not_signed_in(database: Database) -> None:
    ada = with_password(database)
    link(database, ada, identity())
    error = meet(
        database,
        lambda session: wiki_accounts.unlink(session, ada),
        lambda session: wiki_accounts.linked_person(session, identity()),
    )
    assert isinstance(error, SpaceError)
    assert error.code == "wiki-account-unknown"


def test_a_form_is_kept_for_an_hour_and_taken_once(database: Database) -> None:
    now = clock.now()
    keys = ["a" * 64, "b" * 64, "c" * 64]

    def keep(key: str) -> None:
        with database.writing() as session:
            kept_forms.keep_form(session, STRANGER, KeepForm(key=key, sealed="gAAAAAB-_="))

    def take(key: str) -> str | None:
        with database.writing() as session:
            return kept_forms.take_form(session, key)

    with clock.at(now):
        keep(keys[0])
        keep(keys[1])
        assert take(keys[2]) is None
        assert (take(keys[0]), take(keys[0])) == ("gAAAAAB-_=", None)
    with clock.at(now + access_rules.KEPT_FORM_LIFE):
        assert take(keys[1]) is None
        keep(keys[2])
        with database.reading() as session:
            assert session.get(KeptForm, keys[1]) is None
            assert session.get(KeptForm, keys[2]) is not None
        with clock.at(now + 2 * access_rules.KEPT_FORM_LIFE), database.writing() as session:
            kept_forms.purge_forms(session)
            assert session.get(KeptForm, keys[2]) is None
