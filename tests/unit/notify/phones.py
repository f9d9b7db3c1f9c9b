"""Phones of people of a harness: what notify sends them is decrypted as a browser does it, and shown as it would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bus.outbox.store import OutboxStore, Outcome
from bus.outbox.tasks import Outage
from bus.push.delivery import Message, Pusher, PushSender
from bus.push.encryption import encrypt
from contracts.people import PeopleApi, PersonCard
from contracts.push import AddPushDevice, PushDevice, PushRecipient
from core.audience import Viewer
from core.settings import Settings
from gateway.notify.push_texts import PushWriter
from services.notify.actions import push_devices, push_queue, pushing
from services.notify.tasks import SendPush
from tests.push_service import Subscriber
from tests.unit.notify.harness import NotifyHarness

HOST = "https://fcm.googleapis.com/"


@dataclass
class Phone:
    """A phone that somebody has switched on. `screen`: what it shows, by tag: the last message with each."""

    device: PushDevice
    subscriber: Subscriber
    received: list[dict[str, Any]] = field(default_factory=list)
    heads: list[Message] = field(default_factory=list)

    @property
    def screen(self) -> dict[str, dict[str, Any]]:
        return {each["notification"]["tag"]: each["notification"] for each in self.received}

    @property
    def titles(self) -> list[str]:
        return [each["notification"]["title"] for each in self.received]


class Phones:
    """The phones of a harness. `refusing`: what is raised for the messages to an endpoint; `dies`: after a message was
    handed over. `meanwhile`: done while the push service is asked."""

    def __init__(self, harness: NotifyHarness, home: Path) -> None:
        self.harness = harness
        self.settings = Settings.from_environment(
            {"SPACE_HOME": str(home), "SPACE_BASE_URL": "https://space.example"}
        )
        self.refusing: dict[str, Exception] = {}
        self.dies = False
        self.meanwhile: Callable[[], None] | None = None
        self.ended: set[str] = set()
        self.suspended: set[str] = set()
        self.languages: dict[str, str] = {}
        self._phones: dict[str, Phone] = {}
        self._pusher = Pusher(_Sender(self), PushWriter(self.settings))

    def switch_on(self, name: str, called: str = "phone", group_words: bool = False) -> Phone:
        """A new phone of somebody, in a session of the phone's name."""
        subscriber = Subscriber(f"{HOST}{name}/{called}")
        command = AddPushDevice(**subscriber.keys, name=called, group_words=group_words)
        with self.harness.database.writing() as session:
            device = push_devices.add(session, self.harness.viewer(name), self.settings, command, called)
        phone = self._phones[subscriber.endpoint] = Phone(device, subscriber)
        return phone

    # What people knows

    def push_recipient(self, person_id: str) -> PushRecipient | None:
        name = next((name for name, id in self.harness.ids.items() if id == person_id), None)
        if name is None or name in self.suspended:
            return None
        return PushRecipient(
            language=self.languages.get(name, "en"),
            viewer=self.harness.viewer(name).model_copy(update={"scopes": frozenset({"read"})}),
            sessions=[
                each.device.name for each in self._phones.values() if each.device.name not in self.ended
            ],
        )

    def cards(self, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        names = {id: name for name, id in self.harness.ids.items()}
        return [PersonCard(id=id, name=names[id], display_name=names[id]) for id in ids if id in names]

    # What notify sends

    def send(self) -> None:
        """Make and send the messages that are due."""
        database = self.harness.database
        with database.writing() as session:
            push_queue.enqueue_due(session)
        store = OutboxStore(database)
        for claimed in store.claim(SendPush.kind, 1000):
            self.carry_out(SendPush.model_validate(claimed.data), claimed.key)
            store.record([Outcome(claimed.key)])

    def carry_out(self, task: SendPush, key: str) -> None:
        """One attempt to carry out a task."""
        pushing.send(self.harness.database, self._pusher, cast(PeopleApi, self), task, key)

    def waiting(self) -> list[SendPush]:
        """The tasks of what is due, which are not carried out."""
        with self.harness.database.writing() as session:
            push_queue.enqueue_due(session)
        found = OutboxStore(self.harness.database).claim(SendPush.kind, 1000)
        return [SendPush.model_validate(each.data) for each in found]

    def receive(self, message: Message) -> None:
        """What the push service does with a message."""
        if self.meanwhile is not None:
            self.meanwhile()
        if message.endpoint in self.refusing:
            raise self.refusing[message.endpoint]
        phone = self._phones[message.endpoint]
        phone.received.append(phone.subscriber.read(encrypt(message.content, message.recipient)))
        phone.heads.append(message)
        if self.dies:
            raise Outage("the process ends here")


class _Sender(PushSender):
    def __init__(self, phones: Phones) -> None:
        super().__init__(phones.settings)
        self._phones = phones

    def send(self, message: Message) -> None:
        self._phones.receive(message)
