"""Who has a session or token is kept for seconds, and never after the event that ended it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from flask import Flask

from contracts.common import Recorded
from contracts.errors import Unavailable
from contracts.people import ChangePassword, ChangeProfile, CreateGroup, PeopleApi, SignedIn, SignIn
from core import clock
from core.audience import STRANGER, Viewer
from gateway.app import create_app
from gateway.cache.log_ends import LogEnds
from gateway.known_viewers import KnownViewers
from tests.unit.gateway.fakes import AMINA, MEMBER, FakeServices
from tests.unit.gateway.harness import PASSWORD, ROOT, MemoryEventListener, SystemHarness

pytestmark = pytest.mark.slow

NEW_PASSWORD = "another horse battery"


class Known:
    """What is kept of Amina's session, before a people service whose log has one event."""

    def __init__(self) -> None:
        self.now, self.end = 100.0, 1
        self.listener, fakes = MemoryEventListener(), FakeServices()
        self.people = fakes.people
        self.people.answers.update(
            viewer_of_session=lambda _, token: self.found,
            viewer_of_token=lambda _, token: self.found,
            log_end=lambda: self.end,
            events_after=Unavailable(),
        )
        self.found: Viewer | None = MEMBER
        self.ends = LogEnds(replace(fakes.services, listener=self.listener), now=lambda: self.now)
        self.known = KnownViewers(self.ends, seconds=5, now=lambda: self.now)
        self.ask()
        self.people.calls.clear()

    def ask(self) -> Viewer | None:
        return self.known.viewer("session", "a-secret", cast(PeopleApi, self.people))

    def asked(self) -> int:
        return len(self.people.called("viewer_of_session"))

    def happen(self, seq: int, person_id: str = AMINA, producer: str = "people") -> None:
        self.listener.publish(
            Recorded(
                producer=producer, seq=seq, id="0" * 16, type="people.session.ended", version=1,
                subject=f"person/{person_id}", audience="members", occurred_at=clock.now(),
                data={"person_id": person_id},
            )
        )  # fmt: skip


@pytest.fixture
def kept() -> Known:
    return Known()


def test_the_service_is_asked_once_in_some_seconds(kept: Known) -> None:
    assert [kept.ask(), kept.ask(), kept.asked()] == [MEMBER, MEMBER, 0]
    kept.now += 5.1
    assert [kept.ask(), kept.ask(), kept.asked()] == [MEMBER, MEMBER, 1]


def test_a_session_is_no_token(kept: Known) -> None:
    kept.people.answers["viewer_of_token"] = None
    assert kept.known.viewer("token", "a-secret", cast(PeopleApi, kept.people)) is None


def test_nobody_is_not_kept(kept: Known) -> None:
    kept.found = None
    kept.happen(2)
    assert [kept.ask(), kept.ask(), kept.asked()] == [None, None, 2]
    kept.found = MEMBER
    assert kept.ask() == MEMBER


def test_an_event_of_the_person_ends_it_at_once(kept: Known) -> None:
    kept.found = None
    kept.happen(2)
    assert kept.ask() is None


def test_events_of_others_and_of_other_services_end_nothing(kept: Known) -> None:
    kept.happen(2, person_id="0000000000000009")
    kept.happen(77, producer="forum")
    assert [kept.ask(), kept.asked()] == [MEMBER, 0]


def test_what_was_asked_before_an_event_and_answered_after_it_is_not_kept(kept: Known) -> None:
    kept.now += 5.1

    def ended_meanwhile(viewer: Viewer, token: str) -> Viewer:
        kept.happen(2)
        return MEMBER

    kept.people.answers["viewer_of_session"] = ended_meanwhile
    assert kept.ask() == MEMBER
    kept.people.answers["viewer_of_session"] = None
    assert kept.ask() is None


def test_a_missed_event_is_noticed_by_the_next(kept: Known) -> None:
    kept.found, kept.end = None, 3
    kept.happen(3, person_id="0000000000000009")
    assert kept.ask() is None


def test_a_missed_event_is_noticed_by_the_end_of_the_log(kept: Known) -> None:
    kept.found, kept.end = None, 2
    kept.now += 1.1
    assert kept.ask() is None


def test_while_people_does_not_reply_nobody_is_known(kept: Known) -> None:
    kept.people.answers.update(log_end=Unavailable(), viewer_of_session=Unavailable())
    kept.now += 1.1
    with pytest.raises(Unavailable):
        kept.ask()


class Member:
    """Amina with a session and a token, at a gateway that keeps who she is. What a test does to `services` happens in
    another process: this one learns of it by events alone."""

    def __init__(self, system: SystemHarness) -> None:
        self.system, self.token = system, system.robot("Amina").token or ""
        self.app: Flask = create_app(system.settings, system.services, keep_pages=True)
        self.people = system.services.people
        sign_in = SignIn.model_validate({"name": "Amina", "password": PASSWORD})
        self.session: SignedIn = self.people.sign_in(STRANGER, sign_in)
        self.viewer = self.session.viewer
        self.browser = self.app.test_client()
        self.browser.set_cookie("space_session", self.session.token)
        for _ in range(2):
            assert self.status() == 200
            assert self.is_signed_in()

    def status(self) -> int:
        """What a program with her token gets."""
        status: int = self.me().status_code
        return status

    def me(self) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().get("/api/v1/me", headers=headers)

    def is_signed_in(self) -> bool:
        return self.browser.get("/settings").status_code == 200


def change_password(member: Member) -> None:
    command = ChangePassword.model_validate({"old": PASSWORD, "new": NEW_PASSWORD})
    member.people.change_password(member.viewer, command)


def sign_out(member: Member) -> None:
    member.people.sign_out(member.viewer, member.session.token)


def revoke_token(member: Member) -> None:
    member.people.revoke_token(member.viewer, member.people.tokens(member.viewer)[0].id)


@pytest.mark.parametrize(
    ("end", "still"),
    [(change_password, (401, False)), (sign_out, (200, False)), (revoke_token, (401, True))],
    ids=["password", "session", "token"],
)
def test_what_another_process_ended_is_of_no_use_after_its_event(
    system: SystemHarness, end: Callable[[Member], None], still: tuple[int, bool]
) -> None:
    member = Member(system)
    end(member)
    system.drain()
    assert (member.status(), member.is_signed_in()) == still


def test_a_role_and_a_membership_count_from_their_event_on(system: SystemHarness) -> None:
    member = Member(system)
    known: KnownViewers = member.app.extensions["space.known_viewers"]

    def viewer() -> Viewer:
        found = known.viewer("session", member.session.token, member.people)
        assert found is not None
        return found

    assert "editor" not in viewer().roles
    member.people.grant_role(ROOT, "Amina", "editor", True)
    system.drain()
    assert "editor" in viewer().roles
    member.people.grant_role(ROOT, "Amina", "editor", False)
    system.drain()
    assert "editor" not in viewer().roles
    boris = system.robot("Boris")
    group = {"slug": "circle", "kind": "open", "language": "en", "name": "Circle"}
    made = boris.post("/groups", group).json
    member.people.join(member.viewer, "circle")
    system.drain()
    assert made["id"] in viewer().groups
    topic = {"language": "en", "title": "Hives", "body": "Bees.", "audience": made["audience"]}
    opened = boris.post("/topics", topic).json["id"]
    boris.patch("/groups/circle", {"archived": True})
    system.drain()
    assert viewer().archived == {made["id"]}
    answer = boris.post(f"/topics/{opened}/posts", {"body": "More."})
    assert (answer.status_code, answer.json["code"]) == (403, "group-archived")
    boris.patch("/groups/circle", {"archived": False})
    system.drain()
    assert viewer().archived == frozenset()
    boris.delete("/groups/circle/members/Amina")
    system.drain()
    assert viewer().groups == frozenset()


def test_signing_out_here_ends_it_here_at_once(system: SystemHarness) -> None:
    member = Member(system)
    page = member.browser.get("/settings").text
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert member.browser.post("/sign-out", data={"csrf_token": csrf}).status_code == 303
    again = member.app.test_client()
    again.set_cookie("space_session", member.session.token)
    assert again.get("/settings").status_code != 200


def test_revoking_a_token_here_ends_it_here_at_once(system: SystemHarness) -> None:
    member = Member(system)
    token = member.people.tokens(member.viewer)[0].id
    headers = {"Authorization": f"Bearer {member.token}"}
    assert member.app.test_client().delete(f"/api/v1/tokens/{token}", headers=headers).status_code == 204
    assert member.status() == 401


def test_a_change_of_the_account_here_counts_here_at_once(system: SystemHarness) -> None:
    member = Member(system)
    services = member.app.extensions["space.services"]
    services.people.change_profile(member.viewer, ChangeProfile(languages=["sw"]))
    known: KnownViewers = member.app.extensions["space.known_viewers"]
    found = known.viewer("session", member.session.token, services.people)
    assert found is not None
    assert found.languages == ("sw",)
    command = CreateGroup(slug="circle", kind="hidden", language="en", name="Circle")
    made = services.people.create_group(member.viewer, command)
    found = known.viewer("session", member.session.token, services.people)
    assert found is not None
    assert found.moderates == {made.id}
