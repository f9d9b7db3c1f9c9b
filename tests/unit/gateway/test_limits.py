"""Requests beyond a client's budget are refused in words, with the time to wait, and cost the services nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bus.rpc.context import within
from contracts.errors import TooMany, Unavailable
from core.limiter import Budget, Limiter
from core.peers import peer_key
from core.turns import Turns
from gateway.limits import costs
from gateway.limits.install import SECONDS_FOR_A_REFUSAL, Limits, limits
from tests.unit.gateway.fakes import MEMBER, FakeServices

SEARCHES = int(costs.OF_A_PEER["work"].burst / costs.COSTS["search.search"].units)
PEER = f"peer:{peer_key('192.0.2.7')}"


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """The gateway with limits, on a clock that stands still, behind a proxy at 10.0.0.1."""
    before = app.extensions["space.settings"], app.extensions["space.limits"]
    app.extensions["space.settings"] = before[0].model_copy(
        update={"rate_limits": True, "trusted_proxies": (ip_network("10.0.0.1/32"),)}
    )
    app.extensions["space.limits"] = Limits(Limiter(lambda: 0.0), rest=lambda seconds: None)
    yield app
    app.extensions["space.settings"], app.extensions["space.limits"] = before


def spend(app: Flask, client: str, kind: str, units: float) -> None:
    """Let a client have spent this much already."""
    budgets = costs.OF_A_PERSON if client.startswith("person:") else costs.OF_A_PEER
    with app.app_context():
        assert not limits().limiter.spend(f"{kind} {client}", units, budgets[kind])  # type: ignore[index]


def ask(client: FlaskClient, path: str, times: int, address: str = "192.0.2.7", **headers: str) -> list[int]:
    return [
        client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code
        for _ in range(times)
    ]


@pytest.mark.slow
def test_searches_of_a_stranger_are_limited_and_reading_goes_on(stranger: FlaskClient) -> None:
    found = ask(stranger, "/search/suggest?q=", SEARCHES * 3)
    assert found.count(429) == SEARCHES * 3 - costs.OF_A_PEER["work"].burst / 2
    assert ask(stranger, "/languages", 1) == [200]
    assert ask(stranger, "/search/suggest?q=", 1, "192.0.2.8") == [200]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/search?q=maps", "text/html"),
        ("/news/some/history", "text/html"),
        ("/api/v1/search?q=maps", "application/problem+json"),
        ("/feeds/search.rss?q=maps", "text/plain"),
        ("/api.php?action=query&list=search&srsearch=maps&format=json", "application/json"),
        ("/sitemap.xml", "text/html"),
    ],
)
def test_each_answer_says_how_long_to_wait(
    app: Flask, stranger: FlaskClient, path: str, media_type: str
) -> None:
    spend(app, PEER, "work", costs.OF_A_PEER["work"].burst)
    answer = stranger.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert (answer.status_code, answer.mimetype) == (429, media_type)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    if media_type == "text/html":
        assert "Wait one second and try again" in answer.text


def test_a_refused_request_reaches_no_service(app: Flask, stranger: FlaskClient, fakes: FakeServices) -> None:
    spend(app, PEER, "work", costs.OF_A_PEER["work"].burst)
    before = len(fakes.search.calls) + len(fakes.people.calls)
    assert set(ask(stranger, "/search?q=maps", 20)) == {429}
    assert len(fakes.search.calls) + len(fakes.people.calls) == before


def test_a_person_counts_as_themselves_wherever_they_are(
    app: Flask, stranger: FlaskClient, member: FlaskClient
) -> None:
    assert ask(member, "/languages", 1) == [200]
    spend(app, PEER, "read", costs.OF_A_PEER["read"].burst)
    assert ask(stranger, "/languages", 1) == [429]
    assert ask(member, "/languages", 1) == [200], "strangers behind their address don't lock a member out"
    spend(app, f"person:{MEMBER.person_id}", "read", costs.OF_A_PERSON["read"].burst - 2)
    assert 429 in ask(member, "/languages", 5, "192.0.2.99")


def test_invented_sessions_give_nobody_a_budget_of_their_own(app: Flask, fakes: FakeServices) -> None:
    fakes.people.answers["viewer_of_session"] = lambda viewer, token: None
    fakes.people.answers["viewer_of_token"] = lambda viewer, token: None
    client = app.test_client()
    spend(app, PEER, "read", costs.OF_A_PEER["read"].burst)
    asked = len(fakes.people.calls)
    for number in range(20):
        client.set_cookie("space_session", f"invented-{number}")
        assert ask(client, "/languages", 1) == [429]
        assert ask(client, "/api/v1/me", 1, Authorization=f"Bearer invented-{number}") == [429]
    assert len(fakes.people.calls) <= asked + 40, "at most the words of the refusal ask"


def test_behind_a_trusted_proxy_its_clients_count_and_nobody_else_can_name_one(
    app: Flask, stranger: FlaskClient
) -> None:
    spend(app, f"peer:{peer_key('192.0.2.1')}", "work", costs.OF_A_PEER["work"].burst)
    spend(app, f"peer:{peer_key('203.0.113.5')}", "work", costs.OF_A_PEER["work"].burst - 10)
    assert ask(stranger, "/search/suggest?q=", 1, "10.0.0.1", X_Forwarded_For="192.0.2.1") == [429]
    assert ask(stranger, "/languages", 1, "10.0.0.1", X_Forwarded_For="192.0.2.2") == [200]
    assert ask(stranger, "/search/suggest?q=", 1, "10.0.0.1", X_Forwarded_For="192.0.2.2") == [200]
    assert ask(stranger, "/search/suggest?q=", 1, "192.0.2.1") == [429]
    changing = [
        stranger.get(
            "/search/suggest?q=",
            headers={"X-Forwarded-For": f"198.51.100.{number % 250}"},
            environ_base={"REMOTE_ADDR": "203.0.113.5"},
        ).status_code
        for number in range(6)
    ]
    assert changing == [200] * 5 + [429]


def test_writes_are_limited_by_their_own_budget(
    app: Flask, member: FlaskClient, token: Callable[[FlaskClient], str]
) -> None:
    form = {"csrf_token": token(member)}
    spend(app, f"person:{MEMBER.person_id}", "write", costs.OF_A_PERSON["write"].burst - 5)
    answer = member.post("/talk/new", data=form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert ask(member, "/languages", 1) == [200]


def test_what_cannot_get_a_turn_is_told_to_come_back(app: Flask, stranger: FlaskClient) -> None:
    with app.app_context():
        limits().heavy = Turns(at_once=0, waiting=0)
    answer = stranger.get("/search?q=maps")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "very busy" in answer.text
    with app.app_context():
        assert len(limits().of_each) == 0, "the turn that it had is given back"


def test_every_refusal_for_too_much_has_a_time(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["groups"] = TooMany("too-many-groups", params={"most": 5})
    assert stranger.get("/groups").headers["Retry-After"] == "60"


def test_a_client_pays_for_the_cpu_time_that_its_requests_took(app: Flask, stranger: FlaskClient) -> None:
    app.extensions["space.limits"] = Limits(cpu_of_a_peer=Budget(1e-6, 1e-7))
    assert ask(stranger, "/languages", 2) == [200, 429]
    refused = stranger.get("/languages", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert int(refused.headers["Retry-After"]) > 60
    assert "Wait" in refused.text
    assert ask(stranger, "/languages", 1, "192.0.2.8") == [200]
    # What nobody is limited for is measured and not charged.
    assert ask(stranger, "/languages", 3, "10.0.0.1") == [200] * 3


def test_a_person_pays_for_themselves_and_not_for_their_network(
    app: Flask, member: FlaskClient, stranger: FlaskClient, fakes: FakeServices
) -> None:
    fakes.people.answers.update(viewer_of_session=MEMBER)
    app.extensions["space.limits"] = Limits(cpu_of_a_person=Budget(1e-6, 1e-7))
    assert ask(member, "/languages", 2) == [200, 429]
    assert ask(stranger, "/languages", 2) == [200, 200]


def test_a_request_that_took_much_cpu_is_logged_without_who_sent_it(
    app: Flask, stranger: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions["space.limits"] = Limits(much_cpu=0.0)
    ask(stranger, "/languages?q=Zqsecret", 1)
    (line,) = [record.getMessage() for record in caplog.records if "of CPU" in record.getMessage()]
    assert line.endswith("GET display.display")


def test_busy_clients_share_a_few_turns_and_the_others_do_not_wait_for_them(app: Flask) -> None:
    with app.test_request_context("/languages"):
        found = limits()
        busy = [f"peer:{number}" for number in range(5)]
        for client in busy:
            found.charge_cpu(client, costs.CPU_OF_BUSY.burst + 1)
        taken = [found.take_turns(client) for client in busy[:3]]
        assert [len(turns) for turns in taken] == [3] * 3
        with within(0.01), pytest.raises(Unavailable, match="requests-waiting"):
            found.take_turns(busy[3])
        with within(0.01), pytest.raises(Unavailable, match="requests-waiting"):
            found.take_turns(busy[0])
        assert len(found.take_turns("peer:light")) == 1
        for turns, key in taken[0]:
            turns.give_back(key)
        assert len(found.take_turns(busy[3])) == 3


def test_refusals_of_one_client_come_one_after_another(app: Flask, stranger: FlaskClient) -> None:
    rests: list[float] = []
    app.extensions["space.limits"] = Limits(Limiter(lambda: 0.0), rest=rests.append)
    spend(app, PEER, "work", costs.OF_A_PEER["work"].burst)
    assert ask(stranger, "/search/suggest?q=", 3) == [429] * 3
    assert rests == [SECONDS_FOR_A_REFUSAL] * 3
    found = app.extensions["space.limits"]
    assert len(found.refusals) == 0
