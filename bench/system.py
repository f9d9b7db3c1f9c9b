"""A new system for a benchmark, with people who may write, topics to write in, and followers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from sqlalchemy import func, insert, select

from bus.eventlog.read import log_end
from bus.eventlog.schema import consumer_offset
from contracts.forum import CreateTopic
from contracts.people import CreateToken, Register
from core import clock
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from core.settings import Settings
from services.forum import actions as forum
from services.notify.tables import Follow, Notification, Person
from services.people.actions import accounts
from services.shared.limits import without_limits
from space.local import LocalSystem
from space.seed import seed
from space.wiring import open_database

OPERATOR = Viewer(person_id="0" * 16, name="bench", roles=frozenset({"administrator"}))
BATCH = 10_000


@dataclass
class BenchSystem:
    """The stores of one system. `tokens` are of the people who may write, `topics` the ids of public topics."""

    environment: Mapping[str, str]
    tokens: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)

    def prepare(self, people: int, topics: int, text: str) -> None:
        """Make accounts with tokens, and topics, and apply their events."""
        settings = Settings.from_environment(self.environment)
        seed(settings)
        with closing(LocalSystem(settings)) as system, without_limits():
            authors = []
            with system.databases["people"].writing() as session:
                for number in range(people):
                    wanted = {"name": f"Writer{number}", "password": "nobody signs in by it"}
                    viewer = accounts.register(session, OPERATOR, Register.model_validate(wanted), "").viewer
                    authors.append(viewer)
                    token = CreateToken.model_validate({**wanted, "label": "bench"})
                    self.tokens.append(accounts.create_token(session, viewer.person_id or "", token).token)
            with system.databases["forum"].writing() as session:
                for number in range(topics):
                    topic = CreateTopic(
                        language="en", title=f"Meeting {number}", body=text, category="general"
                    )
                    self.topics.append(forum.create_topic(session, authors[number], topic).id)
            system.drain()

    def follow(self, topic: str, people: int) -> None:
        """Let so many people, of whom notify alone knows, follow a topic."""
        ids, now = [new_id() for _ in range(people)], clock.now()
        with closing(self.database("notify")) as database:
            for first in range(0, people, BATCH):
                batch = ids[first : first + BATCH]
                rows = [{"id": id, "name_key": id, "languages": ["en"], "joined_at": now} for id in batch]
                follow = {"kind": "topic", "target": topic, "level": "normal", "since": now}
                with database.writing() as session:
                    session.execute(insert(Person), rows)
                    session.execute(insert(Follow), [{"person_id": id, **follow} for id in batch])

    def database(self, name: str) -> Database:
        """A service's database, to be closed."""
        return open_database(Settings.from_environment(self.environment), name)


class Progress:
    """How far the subscribers of the forum's log are, and how many notifications there are."""

    def __init__(self, system: BenchSystem) -> None:
        self._stack = ExitStack()
        self._forum, self._notify, self._search = (
            self._stack.enter_context(closing(system.database(name)))
            for name in ("forum", "notify", "search")
        )

    def behind(self) -> int:
        """The events that notify or search has not handled yet: of the one that is further behind."""
        with self._forum.reading() as session:
            end = log_end(session)
        offsets = select(func.min(consumer_offset.c.seq)).where(consumer_offset.c.producer == "forum")
        found = []
        for database in (self._notify, self._search):
            with database.reading() as session:
                found.append(session.scalar(offsets) or 0)
        return end - min(found)

    def notifications(self, item: str) -> int:
        """The notifications about an item."""
        with self._notify.reading() as session:
            number = select(func.count()).select_from(Notification).where(Notification.item == item)
            return session.scalar(number) or 0

    def close(self) -> None:
        """Close the databases."""
        self._stack.close()
