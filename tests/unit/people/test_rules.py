"""Names, passwords and scopes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Forbidden, Invalid, SignInNeeded, TooMany
from contracts.people import MemberState
from core.audience import STRANGER, Role, Viewer
from core.names import name_key
from services.people import access_rules, rules
from services.shared.authorisation import writer

MEMBER = Viewer(person_id="0" * 16, name="sam")


def code_of(error: pytest.ExceptionInfo[Invalid]) -> str:
    return error.value.faults[0].code


@pytest.mark.parametrize("name", ["Sam", "Amira_H", "李小龙", "प्रिया", "Yusuf.K", "Noa-TLV2", "Zoë", "مريم"])
def test_names_of_any_script_are_taken(name: str) -> None:
    assert rules.checked_name(name, MEMBER) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    ["a b", "-sam", "sam.", "x", "a" * 41, "sam@home", "😀😀", "sa\u200bm", "sam\ufe0f", "sa\x00m", ""],
)
def test_names_that_mislead_or_break_mentions_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as error:
        rules.checked_name(name, MEMBER)
    assert code_of(error) == "name-shape"


@pytest.mark.parametrize("name", ["admin", "ADMIN", "Administrator", "ａｄｍｉｎ"])
def test_names_of_offices_are_kept_for_administrators(name: str) -> None:
    with pytest.raises(Invalid) as error:
        rules.checked_name(name, MEMBER)
    assert code_of(error) == "name-reserved"
    rules.checked_name(name, Viewer(person_id="0" * 16, roles=frozenset({"administrator"})))


@pytest.mark.parametrize(("one", "other"), [("Straße", "STRASSE"), ("ﬁne", "FINE"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")])
def test_names_that_differ_in_case_or_form_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("1234567", "password-short"),
        ("samantha1", "password-like-name"),
        ("SAMANTHA", "password-like-name"),
        ("samantha2026", "password-like-name"),
        ("ahtnamas12", "password-like-name"),
        ("password", "password-common"),
        ("12345678", "password-common"),
        ("aaaaaaaa", "password-common"),
        ("        ", "password-common"),
    ],
)
def test_weak_passwords_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as error:
        rules.check_password(password, "Samantha")
    assert code_of(error) == code


def test_a_long_password_may_hold_the_name() -> None:
    rules.check_password("samantha rides at dawn", "Samantha")


@pytest.mark.parametrize("email", ["sam", "sam@home", "@home.org", "sam @home.org", "sam@home..org"])
def test_addresses_that_are_none_are_refused(email: str) -> None:
    with pytest.raises(Invalid) as error:
        access_rules.checked_email(email)
    assert code_of(error) == "email-shape"


def test_addresses_are_taken_and_emptied() -> None:
    assert access_rules.checked_email(" sam@home.example ") == "sam@home.example"
    assert access_rules.checked_email("  ") is None


def test_languages_are_stored_under_one_code_each() -> None:
    assert rules.checked_languages(["pt_BR", "iw", "he"]) == ["pt-br", "he"]
    with pytest.raises(Invalid) as error:
        rules.checked_languages(["klingonish"])
    assert code_of(error) == "language-unknown"
    with pytest.raises(Invalid) as error:
        rules.checked_languages(["en"] * 21)
    assert code_of(error) == "languages-many"


def test_countries_are_two_letters() -> None:
    assert rules.checked_country("de") == "DE"
    assert rules.checked_country("") == ""
    with pytest.raises(Invalid):
        rules.checked_country("1A")


def test_who_may_write() -> None:
    with pytest.raises(SignInNeeded):
        writer(STRANGER)
    with pytest.raises(Forbidden) as error:
        writer(MEMBER.model_copy(update={"scopes": frozenset({"read"})}))
    assert error.value.code == "scope-missing"
    assert writer(MEMBER.model_copy(update={"scopes": frozenset({"write"})})) == MEMBER.person_id


def test_a_token_without_moderate_has_no_power_over_people() -> None:
    everything: tuple[Role, ...] = ("member", "editor", "moderator", "administrator")
    assert rules.roles_under(None, everything) == set(everything)
    assert rules.roles_under({"read", "write", "moderate"}, everything) == set(everything)
    assert rules.roles_under({"read", "write"}, ("member", "administrator")) == {"member"}
    assert rules.roles_under({"read", "write"}, ("member", "moderator")) == {"member"}


def test_tries_are_limited() -> None:
    rules.check_tries(10, 60)
    with pytest.raises(TooMany) as error:
        rules.check_tries(11, 59.2)
    assert error.value.params == {"seconds": 60}


def test_joining_depends_on_the_kind() -> None:
    for invited in (False, True):
        assert rules.state_after_join("open", "none", invited) == "member"
        assert rules.state_after_join("closed", "moderator", invited) == "moderator"
    before: tuple[MemberState, ...] = ("none", "requested")
    for state in before:
        assert rules.state_after_join("closed", state, False) == "requested"
        assert rules.state_after_join("closed", state, True) == "member"


def test_a_request_opens_no_hidden_group() -> None:
    assert not rules.knows_of("hidden", "requested", invited=False)
    assert rules.knows_of("hidden", "none", invited=True)
    assert rules.knows_of("hidden", "member", invited=False)
    assert rules.knows_of("closed", "none", invited=False)
