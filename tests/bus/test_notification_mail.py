"""The running service of notify asks people to whom a mail goes, and mails it, on each way to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bus.container import create_container
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys
from bus.transport.connect import connect
from contracts.errors import Unavailable
from contracts.people import PeopleApi, Register
from core import clock
from core.audience import MEMBERS, STRANGER
from core.ids import new_id
from core.settings import Settings
from services.notify.tables import MailWaiting, Notification
from services.people.tables import Person
from space import wiring
from tests import servers
from tests.bus.harness import eventually
from tests.chaos import queues

SERVICES = ("people", "notify")


@pytest.fixture(params=["embedded", "distributed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {"SPACE_HOME": str(tmp_path / "home"), "SPACE_MAIL_FROM": "Space <space@space.example>"}
    with ExitStack() as stack:
        if request.param == "distributed":
            queues.forget(servers.bus_url(), SERVICES)
            urls = {name: stack.enter_context(servers.fresh_database()) for name in SERVICES}
            environment |= {f"SPACE_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
            environment["SPACE_BUS_URL"] = servers.bus_url()
        yield Settings.from_environment(environment)


def test_a_notification_goes_out(settings: Settings) -> None:
    with ExitStack() as stack:
        databases = {name: wiring.open_database(settings, name) for name in SERVICES}
        # Each service over a broker has a transport and a key of its own; within one process they share one.
        shared = None if settings.distributed else connect(settings.bus_url, CallKeys(settings, "people"))
        for name in SERVICES:
            stack.callback(databases[name].close)
            transport = shared or connect(settings.bus_url, CallKeys(settings, name))
            stack.callback(transport.close)
            container: Any = create_container(
                wiring.service_class(name), settings, databases[name], transport, RpcClient(transport),
                mailer=wiring.mailer(settings),
            )  # fmt: skip
            container.start()
            stack.callback(container.stop)
        gateway = shared or connect(settings.bus_url, CallKeys(settings, "gateway"))
        stack.callback(gateway.close)
        people = RpcClient(gateway).proxy(PeopleApi, "people")
        eventually(lambda: _serves(people))
        command = Register(name="Sam", password=SecretStr("correct horse battery"))
        person_id = people.register(STRANGER, command).viewer.person_id or ""
        with databases["people"].writing() as session:
            session.execute(update(Person).where(Person.id == person_id).values(email="sam@x.example"))
        with databases["notify"].writing() as session:
            session.add(_notification(person_id))
            session.add(MailWaiting(person_id=person_id, thread="article/a", due_at=clock.now()))
        (file,) = eventually(lambda: list((settings.home / "mail").glob("*.eml")))
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("sam@x.example", "Re: Bees")


def _serves(people: PeopleApi) -> bool:
    try:
        return people.log_end() >= 0
    except Unavailable:
        return False


def _notification(person_id: str) -> Notification:
    return Notification(
        id=new_id(), person_id=person_id, source_id=new_id(), what="blog.article.returned", reasons=["review"],
        followed=[], actor_id=None, title="Bees", language="en", excerpt="More, please.", path="/news/bees",
        subject="article/a", item="article/a", audience=MEMBERS, is_read=False, mail="once", at=clock.now(),
    )  # fmt: skip
