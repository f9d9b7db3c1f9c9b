"""The running service of people sends mail to a real mail server, on each way to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import MetaData, select

from bus.container import create_container
from bus.eventlog.schema import outbox_task
from bus.outbox.runner import Limits
from bus.retry.policy import RetryPolicy
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys
from bus.rpc.signing import GATEWAY
from bus.transport.connect import connect
from contracts.errors import NotFound, Unavailable
from contracts.people import AskReset, PeopleApi, Register, ResetPassword, SignIn
from core.audience import STRANGER, Viewer
from core.database import Database
from core.settings import Settings
from services.people.service import PeopleService
from space import wiring
from tests import servers
from tests.bus.harness import eventually
from tests.chaos import queues
from tests.smtp_server import RunningServer, mail_server

PASSWORD, NEW = "correct horse battery", "four other soft stones"
QUICK = Limits(
    first_pause=0.05,
    longest_pause=0.2,
    poll=0.1,
    policy=RetryPolicy(first=0.02, longest=300.0, max_attempts=4),
)


class RunningPeople:
    """The service of people, that runs, and its calls."""

    def __init__(self, settings: Settings) -> None:
        self.database = wiring.open_database(settings, "people")
        self._transport = connect(settings.bus_url, CallKeys(settings, GATEWAY))
        client = RpcClient(self._transport)
        self._container: Any = create_container(
            PeopleService, settings, self.database, self._transport, client, QUICK, wiring.mailer(settings)
        )
        self._container.start()
        self.api = client.proxy(PeopleApi, "people")
        eventually(self._serves)

    def _serves(self) -> bool:
        try:
            return self.api.log_end() >= 0
        except Unavailable:
            return False

    def register(self, name: str, email: str) -> Viewer:
        command = Register(name=name, password=SecretStr(PASSWORD), email=email)
        return self.api.register(STRANGER, command).viewer

    def errors(self) -> list[tuple[str, int, bool]]:
        """The error, number of attempts, and whether it is dead-lettered, of each mail that isn't sent."""
        with self.database.reading() as session:
            rows = session.execute(select(outbox_task).where(outbox_task.c.done_at.is_(None))).all()
        return [(row.error, row.attempts, row.next_at is None) for row in rows]

    def close(self) -> None:
        self._container.stop()
        self._transport.close()
        self.database.close()


@pytest.fixture(params=["embedded", "distributed"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a way to run, without mail."""
    environment = {"SPACE_HOME": str(tmp_path / "home"), "SPACE_MAIL_FROM": "Space <space@space.example>"}
    if request.param == "embedded":
        yield environment
        return
    queues.forget(servers.bus_url(), ["people"])
    with servers.fresh_database() as url:
        yield {**environment, "SPACE_BUS_URL": servers.bus_url(), "SPACE_PEOPLE_DATABASE_URL": url}


@contextmanager
def running(home: dict[str, str], server: RunningServer | int) -> Iterator[RunningPeople]:
    port = server if isinstance(server, int) else server.port
    people = RunningPeople(Settings.from_environment({**home, "SPACE_MAIL_URL": f"smtp://127.0.0.1:{port}"}))
    try:
        yield people
    finally:
        people.close()


def link_in(server: RunningServer) -> tuple[str, str]:
    """The recipient of the next mail, and the secret of its link."""
    message, recipients, _ = server.take()
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"/sign-in/(?:confirm|reset)/([\w-]{43})", body.get_content())
    assert found is not None
    return recipients[0], found[1]


def test_a_password_is_reset_over_a_mail_server(home: dict[str, str], tmp_path: Path) -> None:
    with mail_server(tmp_path) as server, running(home, server) as people:
        people.register("Sam", "sam@x.example")
        to, token = link_in(server)
        assert to == "sam@x.example"
        people.api.confirm_email(STRANGER, token)
        people.api.ask_reset(STRANGER, AskReset(account="SAM@x.example"))
        _, token = link_in(server)
        command = ResetPassword(token=SecretStr(token), new=SecretStr(NEW))
        people.api.reset_password(STRANGER, command)
        with pytest.raises(NotFound):
            people.api.reset_password(STRANGER, command)
        assert people.api.sign_in(STRANGER, SignIn(name="Sam", password=SecretStr(NEW))).viewer.name == "Sam"
        assert server.take()[0]["Subject"].startswith("Your password has been changed")


def test_refusals_for_now_are_tried_again_and_those_for_good_are_not(
    home: dict[str, str], tmp_path: Path
) -> None:
    with mail_server(tmp_path) as server, running(home, server) as people:
        nan = people.register("Nan", "never@x.example")
        people.register("Lea", "later@x.example")
        people.register("Bob", "heavy@x.example")
        people.register("Sam", "sam@x.example")
        assert link_in(server)[0] == "sam@x.example"  # nobody waits for the others
        eventually(lambda: sorted(each[1:] for each in people.errors()) == [(1, True), (4, True)])
        said = {error for error, _, _ in people.errors()}
        # An address that isn't there is told to who gave it, and to no operator.
        assert people.api.me(nan).new_email_refused
    assert said == {
        "PermanentFailure: the message was refused: 552 5.3.4",
        "TemporaryRefusal: the recipient was refused: 450 4.2.0",
    }


def test_mail_waits_for_a_server_that_is_away(home: dict[str, str], tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        port = server.port
    with running(home, port) as people:
        people.register("Sam", "sam@x.example")
        people.register("Bea", "bea@x.example")
        eventually(lambda: any(error.startswith("Outage") for error, _, _ in people.errors()))
        assert all(attempts <= 1 and not dead for _, attempts, dead in people.errors())
    with mail_server(tmp_path) as server, running(home, server):
        assert {link_in(server)[0], link_in(server)[0]} == {"sam@x.example", "bea@x.example"}


def test_a_link_is_stored_nowhere_in_clear(home: dict[str, str], tmp_path: Path) -> None:
    with mail_server(tmp_path) as server, running(home, server) as people:
        people.register("Sam", "sam@x.example")
        _, token = link_in(server)
        eventually(lambda: people.errors() == [])
        assert token not in dump(people.database)


def dump(database: Database) -> str:
    """All that the tables of people hold."""
    tables = MetaData()
    tables.reflect(database.engine)
    with database.reading() as session:
        return str([session.execute(select(table)).all() for table in tables.sorted_tables])
