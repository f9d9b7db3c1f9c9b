"""Addresses are confirmed and passwords reset by links that are mailed: once, in time, and saying nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bus.eventlog.schema import outbox_task
from bus.rpc.context import Origin, coming_from
from contracts.errors import Forbidden, Invalid, NotFound, SpaceError, TooMany
from contracts.people import (
    AskReset,
    ChangeEmail,
    ChangePassword,
    CreateToken,
    Register,
    ResetPassword,
    SignIn,
)
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import access_rules, actions, passwords, queries
from services.people.actions import recovery
from services.people.actions import sign_in as signing
from services.people.tables import AccountLink
from services.people.tasks import SendAccountMail
from tests.unit.harness import meet, statements_of
from tests.unit.people.harness import SEALER, Events, Post, Sent, refusal

pytestmark = pytest.mark.slow

PASSWORD, NEW = "correct horse battery", "four other soft stones"
NOW = clock.now()


def register(database: Database, name: str = "Sam", email: str | None = "sam@x.example") -> Viewer:
    command = Register(name=name, password=SecretStr(PASSWORD), email=email, languages=["ar"])
    return signing.register(database, STRANGER, command).viewer


def confirm(database: Database, token: str) -> None:
    with database.writing() as session:
        actions.confirm_email(session, STRANGER, token)


def confirmed(database: Database, post: Post, name: str = "Sam", email: str = "sam@x.example") -> Viewer:
    """Somebody with a confirmed address."""
    viewer = register(database, name, email)
    (mail,) = post.sent()
    confirm(database, mail.token)
    return viewer


def addresses(database: Database, viewer: Viewer) -> tuple[str | None, str | None]:
    with database.reading() as session:
        account = queries.me(session, viewer)
    return account.email, account.new_email


def ask(database: Database, account: str = "Sam") -> None:
    recovery.ask_reset(database, STRANGER, AskReset(account=account))


def reset(database: Database, token: str, new: str = NEW) -> None:
    recovery.reset_password(database, STRANGER, ResetPassword(token=SecretStr(token), new=SecretStr(new)))


def change_email(database: Database, viewer: Viewer, email: str, password: str = PASSWORD) -> None:
    recovery.change_email(database, viewer, ChangeEmail(password=SecretStr(password), email=email))


def sign_in(database: Database, password: str) -> str:
    return signing.sign_in(database, STRANGER, SignIn(name="Sam", password=SecretStr(password))).token


def code_of(work: object, *arguments: object) -> str:
    with pytest.raises(SpaceError) as error:
        work(*arguments)  # type: ignore[operator]
    return error.value.code


# The address


def test_an_address_counts_once_its_link_is_used(database: Database, post: Post) -> None:
    sam = register(database)
    assert addresses(database, sam) == (None, "sam@x.example")
    (mail,) = post.sent()
    assert mail == Sent("confirm", "sam@x.example", "ar", "Sam", f"/sign-in/confirm/{mail.token}")
    with database.reading() as session:
        link = queries.confirmation(session, STRANGER, mail.token)
        assert (link.name, link.email) == ("Sam", "sam@x.example")
        assert mail.token not in str(session.scalars(select(AccountLink.token_hash)).all())
        assert mail.token not in str(session.execute(select(outbox_task)).all())
    assert addresses(database, sam) == (None, "sam@x.example")  # to look at it does nothing
    confirm(database, mail.token)
    assert addresses(database, sam) == ("sam@x.example", None)
    assert code_of(confirm, database, mail.token) == "link-over"
    assert post.sent() == []


def test_a_link_that_confirms_holds_for_a_day(database: Database, post: Post) -> None:
    with clock.at(NOW):
        register(database)
    with clock.at(NOW + timedelta(hours=1)):
        (mail,) = post.sent()
    with clock.at(NOW + timedelta(hours=24)):
        assert code_of(confirm, database, mail.token) == "link-over"
    with clock.at(NOW + timedelta(hours=23, minutes=59)):
        confirm(database, mail.token)


def test_links_do_only_what_they_were_made_for(database: Database, post: Post) -> None:
    register(database)
    (mail,) = post.sent()
    assert code_of(reset, database, mail.token) == "link-over"
    confirm(database, mail.token)
    ask(database)
    (mail,) = post.sent()
    assert code_of(confirm, database, mail.token) == "link-over"
    for token in ("", "unknown", "\ud800\0"):
        assert code_of(confirm, database, token) == "link-over"


def test_a_new_address_needs_the_password_and_both_are_told(database: Database, post: Post) -> None:
    sam = confirmed(database, post)
    with pytest.raises(Invalid) as error:
        change_email(database, sam, "new@x.example", "wrong")
    assert [(fault.field, fault.code) for fault in error.value.faults] == [("password", "password-wrong")]
    change_email(database, sam, "new@x.example")
    assert addresses(database, sam) == ("sam@x.example", "new@x.example")
    told = {mail.to: mail for mail in post.sent()}
    assert {to: mail.template for to, mail in told.items()} == {
        "sam@x.example": "email-asked",
        "new@x.example": "confirm",
    }
    confirm(database, told["new@x.example"].token)
    assert addresses(database, sam) == ("new@x.example", None)
    assert [(mail.template, mail.to) for mail in post.sent()] == [("email-changed", "sam@x.example")]


def test_an_address_can_be_taken_away(database: Database, post: Post) -> None:
    sam = confirmed(database, post)
    ask(database)
    (mail,) = post.sent()
    change_email(database, sam, "")
    assert addresses(database, sam) == (None, None)
    assert [(each.template, each.to) for each in post.sent()] == [("email-changed", "sam@x.example")]
    assert code_of(reset, database, mail.token) == "link-over"
    ask(database)
    assert post.sent() == []


def test_a_queued_link_to_an_address_that_was_given_up_is_not_sent(database: Database, post: Post) -> None:
    sam = register(database)
    change_email(database, sam, "new@x.example")
    assert [(mail.template, mail.to) for mail in post.sent()] == [("confirm", "new@x.example")]


def test_the_link_is_sent_again_but_not_without_end(database: Database, post: Post) -> None:
    sam = register(database)

    def again() -> None:
        with database.writing() as session:
            actions.send_confirmation(session, sam)

    for _ in range(access_rules.MAILS_OF_AN_ACCOUNT.burst - 1):
        again()
    with pytest.raises(TooMany) as error:
        again()
    assert (error.value.code, int(error.value.params["seconds"]) > 0) == ("mails-too-many", True)
    mails = post.sent()
    assert len({mail.token for mail in mails}) == access_rules.MAILS_OF_AN_ACCOUNT.burst
    confirm(database, mails[0].token)
    again()  # nothing waits
    assert post.sent() == []


def test_accounts_are_made_even_if_their_address_got_many_links(database: Database, post: Post) -> None:
    with clock.at(NOW):
        for number in range(access_rules.CONFIRMATIONS_OF_AN_ADDRESS.burst + 2):
            register(database, f"Sam{number}")
    assert len(post.sent()) == access_rules.CONFIRMATIONS_OF_AN_ADDRESS.burst


def test_a_stranger_who_keeps_asking_leaves_links_for_the_owner_of_the_address(
    database: Database, post: Post
) -> None:
    stranger = register(database, "Eve", "owner@x.example")
    every = access_rules.MAILS_OF_AN_ACCOUNT.every
    for number in range(access_rules.CONFIRMATIONS_OF_AN_ADDRESS.burst * 2):
        with clock.at(NOW + number * every), suppress(TooMany), database.writing() as session:
            actions.send_confirmation(session, stranger)
    post.sent()
    with clock.at(NOW + number * every):
        owner = register(database, "Owner", "Owner@x.example")
        (mail,) = post.sent()
        confirm(database, mail.token)
    assert addresses(database, owner) == ("Owner@x.example", None)


# Resetting a password


@pytest.mark.parametrize("typed", ["Sam", " sAM ", "SAM@x.example", "sam@X.EXAMPLE"])
def test_a_link_sets_a_new_password_and_ends_all_access(
    database: Database, post: Post, events: Events, typed: str
) -> None:
    confirmed(database, post)
    session_token = sign_in(database, PASSWORD)
    command = CreateToken(name="Sam", password=SecretStr(PASSWORD), label="bot", scopes=["read"])
    api_token = signing.create_token(database, STRANGER, command, SEALER).token
    ask(database, typed)
    ask(database, typed)
    first, second = post.sent()
    assert (first.template, first.to, first.name) == ("reset", "sam@x.example", "Sam")
    with database.reading() as session:
        assert queries.reset(session, STRANGER, first.token).name == "Sam"
    reset(database, first.token)
    assert signing.viewer_of_session(database, STRANGER, session_token) is None
    assert signing.viewer_of_token(database, STRANGER, api_token) is None
    assert events()[-1].type == "people.session.ended"
    for token in (first.token, second.token):
        assert code_of(reset, database, token) == "link-over"
    assert [(mail.template, mail.to) for mail in post.sent()] == [("password-changed", "sam@x.example")]
    with pytest.raises(Forbidden):
        sign_in(database, PASSWORD)
    assert sign_in(database, NEW)


def test_a_link_that_sets_a_password_holds_for_an_hour_from_the_request(
    database: Database, post: Post
) -> None:
    confirmed(database, post)
    with clock.at(NOW):
        ask(database)
        ask(database)
    with clock.at(NOW + timedelta(minutes=59)):
        first, _ = post.sent()
    with clock.at(NOW + timedelta(minutes=60)):
        assert code_of(reset, database, first.token) == "link-over"
    with clock.at(NOW):
        ask(database)
    with clock.at(NOW + timedelta(minutes=61)):
        assert post.sent() == []  # too late to be of use


def test_a_bad_new_password_leaves_the_link(database: Database, post: Post) -> None:
    confirmed(database, post)
    ask(database)
    (mail,) = post.sent()
    for password, code in (("Passw0rd!", "password-common"), ("sam12345", "password-like-name")):
        with pytest.raises(Invalid) as error:
            reset(database, mail.token, password)
        assert [(fault.field, fault.code) for fault in error.value.faults] == [("new", code)]
    reset(database, mail.token)


def test_asking_takes_the_same_statements_whoever_has_an_account(database: Database, post: Post) -> None:
    confirmed(database, post)
    register(database, "Bea", "bea@x.example")
    post.sent()
    ask(database, "warm")
    said = []
    for typed in ("Sam", "sam@x.example", "Bea", "bea@x.example", "nobody", "no@x.example", "a\0b"):
        with statements_of(database.engine) as statements, coming_from(Origin(peer="home")):
            ask(database, typed)
        said.append(statements)
    assert said.count(said[1]) >= len(said) - 1  # the first one of a network makes its row
    assert [mail.to for mail in post.sent()] == ["sam@x.example"] * 2  # Bea's address is not confirmed


def test_all_accounts_of_an_address_get_a_link(database: Database, post: Post) -> None:
    confirmed(database, post)
    confirmed(database, post, "Sammy")
    ask(database, "sam@x.example")
    assert {mail.name for mail in post.sent()} == {"Sam", "Sammy"}


def test_many_requests_send_few_links_and_keep_nobody_out(database: Database, post: Post) -> None:
    confirmed(database, post)
    with clock.at(NOW):
        for number in range(40):
            with coming_from(Origin(peer=f"network {number}")):
                ask(database)
        assert len(post.sent()) == access_rules.MAILS_OF_AN_ACCOUNT.burst
    # A link that was sent to the owner meanwhile still holds when the next one can be.
    assert access_rules.MAILS_OF_AN_ACCOUNT.every < access_rules.LINK_LIFE["reset"]
    with clock.at(NOW + access_rules.MAILS_OF_AN_ACCOUNT.every):
        ask(database)
        assert len(post.sent()) == 1


def test_one_network_asks_only_so_often_and_its_neighbours_go_on(database: Database, post: Post) -> None:
    with clock.at(NOW):
        with coming_from(Origin(peer="loud")):
            for _ in range(access_rules.RESETS_OF_A_PEER.burst):
                ask(database, "whoever")
            with pytest.raises(TooMany) as error:
                ask(database, "Sam")
        assert error.value.code == "resets-too-many"
        with coming_from(Origin(peer="quiet")):
            ask(database)


def test_a_changed_password_ends_links_and_an_address_that_waits(database: Database, post: Post) -> None:
    sam = confirmed(database, post)
    ask(database)
    change_email(database, sam, "thief@x.example")
    tokens = {mail.template: mail.token for mail in post.sent()}
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr(NEW))
    signing.change_password(database, sam, change)
    assert code_of(reset, database, tokens["reset"]) == "link-over"
    assert code_of(confirm, database, tokens["confirm"]) == "link-over"
    assert addresses(database, sam) == ("sam@x.example", None)
    assert [mail.template for mail in post.sent()] == ["password-changed"]


def test_of_two_who_use_a_link_at_once_one_wins(database: Database, post: Post) -> None:
    confirmed(database, post)
    ask(database)
    (mail,) = post.sent()
    one, other = passwords.hashed("one soft stone"), passwords.hashed("other soft stone")
    error = meet(
        database,
        lambda session: actions.reset_password(session, mail.token, one),
        lambda session: actions.reset_password(session, mail.token, other),
    )
    assert isinstance(error, NotFound)
    assert error.code == "link-over"
    assert len(post.sent()) == 1


def test_of_two_who_confirm_at_once_one_wins(database: Database, post: Post) -> None:
    register(database)
    (mail,) = post.sent()
    error = meet(
        database,
        lambda session: actions.confirm_email(session, STRANGER, mail.token),
        lambda session: actions.confirm_email(session, STRANGER, mail.token),
    )
    assert isinstance(error, NotFound)


def reset_mail(sam: Viewer) -> SendAccountMail:
    """The task that sends Sam a link to set a password."""
    assert sam.person_id is not None
    return SendAccountMail(
        id="a", template="reset", person_id=sam.person_id, email="sam@x.example", asked_at=clock.now()
    )


def test_each_attempt_to_send_a_mail_has_a_link_that_works(database: Database, post: Post) -> None:
    task = reset_mail(confirmed(database, post))
    letters: list[Sent] = []
    post.send(task, "key", letters)
    post.send(task, "key", letters)  # the process died before the first was recorded
    for letter in letters:
        with database.reading() as session:
            assert queries.reset(session, STRANGER, letter.token).name == "Sam"
    reset(database, letters[0].token)
    assert code_of(reset, database, letters[1].token) == "link-over"


def test_attempts_while_the_mail_server_is_away_leave_few_links(database: Database, post: Post) -> None:
    task = reset_mail(confirmed(database, post))
    letters: list[Sent] = []
    for _ in range(access_rules.LINKS_KEPT + 5):
        post.send(task, "key", letters)
    with database.reading() as session:
        assert len(session.scalars(select(AccountLink)).all()) <= access_rules.LINKS_KEPT + 1
    reset(database, letters[-1].token)


@pytest.mark.parametrize(
    "email",
    [
        "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@x.example", "<a@x.example>", "a b@x.example", '"a"@x.example',
        "a..b@x.example", ".a@x.example", "a@x.example;", "a\u202e@x.example", "a" * 65 + "@x.example", "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(database: Database, email: str) -> None:
    command = Register(name="Sam", password=SecretStr(PASSWORD), email=email)
    assert refusal(database, lambda session: actions.register(session, STRANGER, command, "")) == [
        ("email", "email-shape")
    ]


def test_addresses_are_in_no_event(database: Database, post: Post, events: Events) -> None:
    sam = confirmed(database, post)
    change_email(database, sam, "new@x.example")
    assert "x.example" not in str([event.model_dump() for event in events()])
