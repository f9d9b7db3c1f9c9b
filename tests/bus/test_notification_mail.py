"""The running service of notify asks people to whom a mail goes, and mails it, on each way to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from contracts.people import PeopleApi, Register
from core import clock
from core.audience import STRANGER
from core.settings import Settings
from services.notify.tables import MailWaiting
from services.people.tables import Person
from space import wiring
from tests.bus.harness import eventually
from tests.bus.real_services import WAYS, returned_article, settings_of, start, wait_for

SERVICES = ("people", "notify")


@pytest.fixture(params=WAYS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {"SPACE_HOME": str(tmp_path / "home"), "SPACE_MAIL_FROM": "Space <space@space.example>"}
    with settings_of(request.param, SERVICES, environment) as settings:
        yield settings


def test_a_notification_goes_out(settings: Settings) -> None:
    with ExitStack() as stack:
        databases, client = start(stack, settings, SERVICES, "people", mailer=wiring.mailer(settings))
        people = client.proxy(PeopleApi, "people")
        wait_for(people)
        command = Register(name="Sam", password=SecretStr("correct horse battery"))
        person_id = people.register(STRANGER, command).viewer.person_id or ""
        with databases["people"].writing() as session:
            session.execute(update(Person).where(Person.id == person_id).values(email="sam@x.example"))
        with databases["notify"].writing() as session:
            session.add(returned_article(person_id, "once"))
            session.add(MailWaiting(person_id=person_id, thread="article/a", due_at=clock.now()))
        (file,) = eventually(lambda: list((settings.home / "mail").glob("*.eml")))
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("sam@x.example", "Re: Bees")
