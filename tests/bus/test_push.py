"""The running service of notify asks people for whom a message is, and hands it to a push service, on each way to
run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bus.container import create_container
from bus.push.delivery import Pusher, PushSender
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys
from bus.transport.connect import connect
from contracts.errors import Unavailable
from contracts.notify import NotifyApi
from contracts.people import PeopleApi, Register
from contracts.push import AddPushDevice
from core import clock
from core.audience import MEMBERS, STRANGER
from core.ids import new_id
from core.settings import Settings
from core.web_push import PushKey
from gateway.notify.push_texts import PushWriter
from services.notify.push_tables import PushWaiting
from services.notify.tables import Notification
from space import wiring
from tests import servers
from tests.bus.harness import eventually
from tests.chaos import queues
from tests.push_service import RunningService, Subscriber, check_signature, push_service

SERVICES = ("people", "notify")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with push_service(tmp_path) as running:
        yield running


@pytest.fixture(params=["embedded", "distributed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, service: RunningService) -> Iterator[Settings]:
    """Those of a way to run."""
    environment = {
        "SPACE_HOME": str(tmp_path / "home"), "SPACE_PUSH_HOSTS": f"localhost:{service.port}",
        "SPACE_PUSH_CONTACT": "mailto:admin@space.example",
    }  # fmt: skip
    with ExitStack() as stack:
        if request.param == "distributed":
            queues.forget(servers.bus_url(), SERVICES)
            urls = {name: stack.enter_context(servers.fresh_database()) for name in SERVICES}
            environment |= {f"SPACE_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
            environment["SPACE_BUS_URL"] = servers.bus_url()
        yield Settings.from_environment(environment)


def test_a_message_reaches_a_phone(settings: Settings, service: RunningService) -> None:
    sender = PushSender(settings, may_connect=lambda _: True, context=service.context)
    pusher = Pusher(sender, PushWriter(settings))
    with ExitStack() as stack:
        databases = {name: wiring.open_database(settings, name) for name in SERVICES}
        # Each service over a broker has a transport and a key of its own; within one process they share one.
        shared = None if settings.distributed else connect(settings.bus_url, CallKeys(settings, "people"))
        for name in SERVICES:
            stack.callback(databases[name].close)
            transport = shared or connect(settings.bus_url, CallKeys(settings, name))
            stack.callback(transport.close)
            container: Any = create_container(
                wiring.service_class(name),
                settings,
                databases[name],
                transport,
                RpcClient(transport),
                pusher=pusher,
            )
            container.start()
            stack.callback(container.stop)
        gateway = shared or connect(settings.bus_url, CallKeys(settings, "gateway"))
        stack.callback(gateway.close)
        client = RpcClient(gateway)
        people, notify = client.proxy(PeopleApi, "people"), client.proxy(NotifyApi, "notify")
        eventually(lambda: _serves(people) and _serves(notify))
        viewer = people.register(
            STRANGER, Register(name="Sam", password=SecretStr("correct horse battery"))
        ).viewer
        subscriber = Subscriber(service.endpoint(201))
        device = notify.add_push_device(viewer, AddPushDevice(name="phone", **subscriber.keys), None)
        notification = _notification(viewer.person_id or "")
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


def _serves(api: PeopleApi | NotifyApi) -> bool:
    try:
        return api.log_end() >= 0
    except Unavailable:
        return False


def _notification(person_id: str) -> Notification:
    return Notification(
        id=new_id(), person_id=person_id, source_id=new_id(), what="blog.article.returned", reasons=["review"],
        followed=[], actor_id=None, title="Bees", language="en", excerpt="More, please.", path="/news/bees",
        subject="article/a", item="article/a", audience=MEMBERS, is_read=False, mail="page", at=clock.now(),
    )  # fmt: skip
