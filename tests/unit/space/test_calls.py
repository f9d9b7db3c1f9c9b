"""Each service answers every call of its contract, and refuses by itself what a token is not for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bus.rpc.codec import Method, methods_of
from bus.rpc.server import DirectCalls, called_methods
from bus.service import Resources, make_service
from contracts.errors import Forbidden, SpaceError
from core.audience import SILENCED, Viewer
from core.settings import SERVICES, Settings
from space.wiring import open_database, service_class

WITHOUT_TOKEN = {
    # They ask for a name and password, or take the secret of what they end.
    "people.register",
    "people.sign_in",
    "people.sign_in_with_code",
    "people.sign_in_with_passkey",
    "people.sign_out",
    "people.create_token",
    "people.confirm_email",
    "people.ask_reset",
    "people.reset_password",
    # Everybody may report, and a suspended person, who can't sign in, may appeal.
    "people.report",
    "people.appeal",
    # They sign in by a wiki, or carry a form through that.
    "people.sign_in_with_wiki",
    "people.register_with_wiki",
    "people.ask_for_account",
    "people.withdraw_sign_up_request",
    "people.keep_form",
    "people.take_form",
    # Messages to the moderators are of nobody: the code is asked for.
    "people.open_contact",
    "people.read_contact",
    "people.continue_contact",
    # The link of a mail says whose it was.
    "notify.stop_mail",
    "mail.post_held_reply",
    # It is the mail service that says it, and no person.
    "notify.note_bounce",
}
ALSO_SILENCED = {
    "notify.mark_read",
    "notify.follow",
    "notify.unfollow",
    "notify.set_mail_settings",
    "notify.set_push_reasons",
    "notify.add_push_device",
    "notify.change_push_device",
    "notify.remove_push_device",
    "notify.see_push_device",
    "people.revoke_token",
    "people.change_password",
    "people.change_email",
    "people.begin_second_factor",
    "people.confirm_second_factor",
    "people.remove_second_factor",
    "people.begin_passkey",
    "people.add_passkey",
    "people.rename_passkey",
    "people.remove_passkey",
    "people.send_confirmation",
    "people.end_session",
    "people.end_other_sessions",
    "people.end_sessions",
    "people.leave",
    "people.vanish",
    "people.begin_export",
    "people.link_wiki_account",
    "people.unlink_wiki_account",
    "people.set_first_password",
    "people.answer_invitation",
    "people.block",
    "people.unblock",
    "people.lift",
}
"""What is a person's alone, so that a silenced one may change it."""
MODERATE = {
    "people.set_report_scores",
    *(
        f"{service}.{name}"
        for service in ("blog", "forum")
        for name in (
            "add_category",
            "set_category_text",
            "set_category_state",
            "move_category",
            "merge_category",
            "remove_category",
        )
    ),
    "blog.send_back",
    "blog.decline",
    "blog.accept_proposal",
    "blog.decline_proposal",
    "blog.publish",
    "blog.publish_revision",
    "blog.schedule",
    "blog.schedule_revision",
    "blog.show_revision",
    "forum.show_revision",
    "forum.show_topic_revision",
    "events.show_revision",
    "people.change_role",
    "people.replace_tag",
    "people.grant_role",
    "people.claim_case",
    "people.release_case",
    "people.decide_case",
    "people.answer_appeal",
    "people.approve_held",
    "people.set_trust",
    "people.set_newcomer_limits",
    "people.add_term",
    "people.remove_term",
    "people.answer_contact",
    "people.close_contact",
    "people.answer_sign_up_request",
    "people.create_sign_up_invitation",
    "people.revoke_sign_up_invitation",
    "people.rename_person",
    "people.vanish_person",
    "people.set_sign_up",
    "people.set_site_text",
}
SCOPES = ("read", "write", "moderate")


def calls() -> Iterator[tuple[str, str, Method]]:
    for service in SERVICES:
        api = service_class(service).api
        assert api is not None, service
        for name, method in methods_of(api).items():
            yield service, name, method


def scope_of(service: str, method: Method) -> str | None:
    name = f"{service}.{method.name}"
    if method.safe or name in WITHOUT_TOKEN:
        return None
    return "moderate" if name in MODERATE else "write"


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_answers_its_whole_contract(service: str) -> None:
    made = service_class(service)
    assert made.api is not None
    assert set(called_methods(made)) == set(methods_of(made.api))


def test_every_call_needs_the_scope_of_the_table() -> None:
    assert {f"{service}.{name}": method.scope for service, name, method in calls()} == {
        f"{service}.{name}": scope_of(service, method) for service, name, method in calls()
    }
    names = {f"{service}.{name}" for service, name, _ in calls()}
    assert names >= WITHOUT_TOKEN | MODERATE


def test_services_may_call_these_of_others_and_nothing_else() -> None:
    opened = {f"{service}.{name}": method.also_from for service, name, method in calls() if method.also_from}
    read = (
        "people.mail_recipient", "people.push_recipient", "people.cards", "people.groups_by_id", "forum.post",
        "forum.posts", "forum.topic", "forum.categories", "blog.article", "blog.categories", "events.event",
    )  # fmt: skip
    written = ("forum.create_post", "forum.hold_post", "notify.note_bounce")
    expected = dict.fromkeys(read, frozenset({"notify"}))
    expected |= dict.fromkeys((*written, "people.mail_author"), frozenset({"mail"}))
    assert opened == expected
    assert {
        f"{service}.{name}" for service, name, method in calls() if method.also_from and not method.safe
    } == {*written}


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_a_token_without_the_scope_is_refused_before_anything_else(tmp_path: Path, service: str) -> None:
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path)})
    database = open_database(settings, service)
    made = service_class(service)
    served = DirectCalls(made, partial(make_service, made, Resources(settings, database)))
    tokens = [frozenset(some) for size in range(4) for some in combinations(SCOPES, size)]
    try:
        for name, method in ((name, method) for of, name, method in calls() if of == service):
            for scopes in tokens:
                error = error_of(served, method, scopes)
                refused = isinstance(error, Forbidden) and error.code == "scope-missing"
                assert refused == (method.scope is not None and method.scope not in scopes), (name, scopes)
    finally:
        database.close()


@pytest.mark.parametrize("service", SERVICES)
def test_a_silenced_person_writes_nothing_but_what_is_theirs_alone(tmp_path: Path, service: str) -> None:
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path)})
    database = open_database(settings, service)
    made = service_class(service)
    served = DirectCalls(made, partial(make_service, made, Resources(settings, database)))
    silenced = frozenset({"read", SILENCED})
    try:
        for name, method in ((name, method) for of, name, method in calls() if of == service):
            error = error_of(served, method, silenced)
            refused = isinstance(error, Forbidden) and error.code == "silenced"
            writes = method.scope is not None and f"{service}.{name}" not in ALSO_SILENCED
            assert refused == writes, name
    finally:
        database.close()
    assert {f"{of}.{name}" for of, name, method in calls() if method.also_silenced} == ALSO_SILENCED


def error_of(served: DirectCalls, method: Method, scopes: frozenset[str]) -> SpaceError | None:
    """What a call by an administrator's token with these scopes raises; its other arguments are of a wrong type."""
    administrator = Viewer(
        person_id="0" * 16, name="admin", roles=frozenset({"administrator"}), scopes=scopes
    )
    arguments: list[Any] = [administrator, *[object()] * (method.arity - 1)]
    try:
        served.handle_call(method.name, arguments)
    except SpaceError as error:
        return error
    return None
