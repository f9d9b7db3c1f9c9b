"""The running service of notify asks people for whom a message is, and hands it to a push service, on each way to
run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from bus.push.delivery import Pusher, PushSender
from contracts.notify import NotifyApi
from contracts.people import PeopleApi, Register
from contracts.push import AddPushDevice
from core import clock
from core.audience import STRANGER
from core.settings import Settings
from core.web_push import PushKey
from gateway.notify.push_texts import PushWriter
from services.notify.push_tables import PushWaiting
from tests.bus.harness import eventually
from tests.bus.real_services import WAYS, returned_article, settings_of, start, wait_for
from tests.push_service import RunningService, Subscriber, check_signature, push_service

SERVICES = ("people", "notify")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with push_service(tmp_path) as running:
        yield running


@pytest.fixture(params=WAYS)
def settings(request: pytest.FixtureRequest, tmp_path: Path, service: RunningService) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {
        "SPACE_HOME": str(tmp_path / "home"), "SPACE_PUSH_HOSTS": f"localhost:{service.port}",
        "SPACE_PUSH_CONTACT": "mailto:admin@space.example",
    }  # fmt: skip
    with settings_of(request.param, SERVICES, environment) as settings:
        yield settings


def test_a_message_reaches_a_phone(settings: Settings, service: RunningService) -> None:
    sender = PushSender(settings, may_connect=lambda _: True, context=service.context)
    pusher = Pusher(sender, PushWriter(settings))
    with ExitStack() as stack:
        databases, client = start(stack, settings, SERVICES, "people", pusher=pusher)
        people, notify = client.proxy(PeopleApi, "people"), client.proxy(NotifyApi, "notify")
        wait_for(people, notify)
        viewer = people.register(
            STRANGER, Register(name="Sam", password=SecretStr("correct horse battery"))
        ).viewer
        subscriber = Subscriber(service.endpoint(201))
        device = notify.add_push_device(viewer, AddPushDevice(name="phone", **subscriber.keys), None)
        notification = returned_article(viewer.person_id or "", "page")
        with databases["notify"].writing() as session:
            session.add(notification)
            session.add(
                PushWaiting(
                    device_id=device.id,
                    notification_id=notification.id,
                    person_id=viewer.person_id,
                    thread="article/a",
                    due_at=clock.now(),
                )
            )
        taken = service.take()
        reached = eventually(lambda: notify.push_settings(viewer, None).devices[0].reached_at)
    assert subscriber.read(taken.body)["notification"]["body"] == "More, please."
    key = PushKey.parse(settings.push_private_key).public
    assert check_signature(taken.headers["authorization"], key)["sub"] == "mailto:admin@space.example"
    assert reached is not None
