"""/admin: people and their roles, for administrators alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.administration import LogEntry, PeopleQuery
from contracts.common import Page
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.people import PersonCard, Register
from contracts.sign_up_invitations import Invitee
from core.audience import STRANGER
from tests.unit.gateway.fakes import AMINA, BORIS, MEMBER, MOMENT, FakeServices, account
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness

pytestmark = pytest.mark.slow

Token = Callable[[FlaskClient], str]
PAGES = ("/admin", "/admin/people", "/admin/people/Boris", "/admin/people/Boris/parts", "/admin/log")
FORM = {"change": "grant-editor", "reason": "Wrote for years", "form_id": "form-of-the-page"}


def entry(action: str = "role-granted", by_id: str | None = AMINA) -> LogEntry:
    return LogEntry(
        id="e", at=MOMENT, by_id=by_id, action=action, item=BORIS, detail="editor", reason="<i>Why</i>"
    )


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    card = PersonCard(id=BORIS, name="Boris", display_name="Boris", roles=["member", "moderator"])
    fakes.people.answers.update(
        administration_log=Page(items=[entry(), entry("role-revoked", None)], next="more"),
        people_found=Page(items=[card]),
        person=account(id=BORIS, name="Boris", roles=["member", "moderator"]),
        invited_by=Invitee(by_id=AMINA),
        roles_held=[],
    )
    for service in (fakes.blog, fakes.forum):
        service.answers["administration_log"] = Page(items=[])
    return fakes


def test_pages_say_who_decided_what_and_why(member: FlaskClient) -> None:
    for path in ("/admin", "/admin/log", "/admin/people/Boris"):
        page = member.get(path).text
        text = re.sub(r"<[^>]+>", "", page)
        assert "Amina gave Boris the role “Editor”." in text
        assert "The operator took the role “Editor” from Boris." in text
        assert "&lt;i&gt;Why&lt;/i&gt;" in page
    assert "after=" in member.get("/admin/log").text


def test_the_menu_leads_administrators_there_and_nobody_else(
    fakes: FakeServices, member: FlaskClient
) -> None:
    assert 'href="/admin"' in member.get("/languages").text
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "moderator"})}))
    assert 'href="/admin"' not in member.get("/languages").text


def test_a_persons_page_leads_administrators_to_their_roles(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.forum.answers["recent_posts"] = Page(items=[])
    assert 'href="/admin/people/Boris"' in member.get("/people/Boris").text
    fakes.be(MEMBER)
    assert "/admin" not in member.get("/people/Boris").text


def test_people_with_a_role_are_shown_at_first_and_others_by_name(
    fakes: FakeServices, member: FlaskClient
) -> None:
    assert "/admin/people/Boris" in member.get("/admin/people").text
    member.get("/admin/people?q=Ada&role=&after=x")
    member.get("/admin/people?role=editor")
    queries = [query for _, query in fakes.people.called("people_found")]
    assert queries == [
        PeopleQuery(holding="any"),
        PeopleQuery(text="Ada", after="x"),
        PeopleQuery(holding="editor"),
    ]
    assert member.get("/admin/people?role=king").status_code == 422


def test_a_role_is_changed_with_a_reason(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["change_role"] = account(id=BORIS, name="Boris")
    answer = member.post("/admin/people/boris", data={"csrf_token": token(member), **FORM})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/people/Boris")
    ((_, name, command),) = fakes.people.called("change_role")
    assert (name, command.role, command.held, command.reason) == ("boris", "editor", True, "Wrote for years")


@pytest.mark.parametrize(
    ("form", "field"),
    [({"reason": " "}, "reason"), ({"change": ""}, "change"), ({"change": "grant-king"}, "change")],
)
def test_a_change_that_is_not_whole_is_shown_again(
    member: FlaskClient, token: Token, form: dict[str, str], field: str
) -> None:
    answer = member.post("/admin/people/Boris", data={"csrf_token": token(member), **FORM, **form})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_a_refused_change_says_why(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["change_role"] = Conflict("last-administrator")
    answer = member.post("/admin/people/Boris", data={"csrf_token": token(member), **FORM})
    assert answer.status_code == 409
    assert "last administrator" in answer.text
    assert 'value="Wrote for years"' in answer.text


@pytest.mark.parametrize("error", [Forbidden("administrators-only"), NotFound()])
def test_whoever_may_not_gets_the_services_refusal(
    fakes: FakeServices, member: FlaskClient, error: Exception
) -> None:
    fakes.people.answers.update(administration_log=error, people_found=error, roles_held=error)
    assert {member.get(path).status_code for path in PAGES} == {getattr(error, "status", 0)}


class Browser:
    """A browser of the real system that somebody is signed in with."""

    def __init__(self, system: SystemHarness, name: str, *roles: str) -> None:
        self.system = system
        signed_in = system.services.people.register(STRANGER, Register(name=name, password=PASSWORD))
        for role in roles:
            system.services.people.grant_role(ROOT, name, role, True)  # type: ignore[arg-type]
        system.drain()
        self.client = system.app.test_client()
        self.client.set_cookie("space_session", signed_in.token)

    def change(self, name: str, change: str) -> int:
        return self.post(f"/admin/people/{name}", change=change)

    def post(self, path: str, **fields: str) -> int:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/languages?q=no").text)
        assert found
        form = {"csrf_token": found[1], "reason": "Because", **fields}
        status = self.client.post(path, data=form).status_code
        self.system.drain()
        return status


def test_a_role_counts_on_pages_and_in_the_api_at_once_and_no_longer(system: SystemHarness) -> None:
    ada, bea = Browser(system, "Ada", "administrator"), Browser(system, "Bea")
    assert [bea.client.get(path).status_code for path in PAGES] == [403] * 5
    assert bea.change("Bea", "grant-administrator") == 403
    robot = system.robot("Boris")
    assert robot.get("/deletions?kind=topic").status_code == 403
    assert ada.change("Boris", "grant-moderator") == 303
    assert robot.get("/deletions?kind=topic").status_code == 200
    assert ada.change("Boris", "revoke-moderator") == 303
    assert robot.get("/deletions?kind=topic").status_code == 403
    assert ada.change("Bea", "grant-administrator") == 303
    assert [bea.client.get(path).status_code for path in PAGES] == [200] * 5
    assert bea.change("Ada", "revoke-administrator") == 303
    assert [ada.client.get(path).status_code for path in PAGES] == [403] * 5
    assert bea.change("Bea", "revoke-administrator") == 409


def test_a_role_for_a_language_counts_at_once_and_no_longer(system: SystemHarness) -> None:
    ada, bea = Browser(system, "Ada", "administrator"), Browser(system, "Bea")

    def queue() -> tuple[int, bool]:
        """The status of the queue's page, and whether the menu leads there."""
        linked = 'href="/moderation"' in bea.client.get("/languages?q=no").text
        return bea.client.get("/moderation").status_code, linked

    assert queue() == (403, False)
    assert ada.post("/admin/people/Bea/parts", role="moderator", language="de") == 303
    assert queue() == (200, True)
    assert ada.change("Bea", "revoke-moderator language:de") == 303
    assert queue() == (403, False)


def test_strangers_are_asked_to_sign_in(system: SystemHarness) -> None:
    stranger = system.app.test_client()
    assert [stranger.get(path).status_code for path in PAGES] == [401] * 5
