"""After any random history each event has taken effect once, in order for each subject, and a rebuild is the same."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bus.consumer.assignment import partitions_of
from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS
from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Subscription
from bus.eventlog.append import append_events
from contracts.common import Recorded
from core import clock
from core.database import Database
from tests.bus.harness import BetaService, Noted, copied
from tests.bus.helpers import fetch_from, migrate

SUBJECTS = ("a", "b", "c")  # of three partitions
START = datetime(2026, 1, 1, tzinfo=UTC)


class History(RuleBasedStateMachine):
    """A producer's log, a broker that loses, repeats and reorders, and a subscriber that fails and restarts."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.alpha = Database(f"sqlite:///{self.folder.name}/alpha.sqlite")
        self.beta = Database(f"sqlite:///{self.folder.name}/beta.sqlite")
        migrate(self.alpha)
        migrate(self.beta)
        BetaService.poison = set()
        self.now = START
        self.written = 0
        self.broker: list[Recorded] = []
        self.share([0])

    @rule(about=st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=4))
    def write(self, about: list[str]) -> None:
        events = []
        for subject in about:
            self.written += 1
            events.append(Noted(text=f"{subject} {self.written}", about=subject))
        with self.alpha.writing() as session:
            append_events(session, events)
        self.broker += fetch_from(self.alpha)(self.written - len(about), len(about))

    @precondition(lambda self: self.broker)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """Deliver messages in any order; some are repeated later, some lost."""
        taken = data.draw(st.lists(st.sampled_from(range(len(self.broker))), min_size=1, max_size=6))
        batch = [self.broker[index] for index in taken]
        for event in {event.seq: event for event in batch}.values():
            if data.draw(st.booleans()):
                self.broker.remove(event)
        with clock.at(self.now):
            data.draw(st.sampled_from(self.readers)).apply(batch)

    @rule()
    def lose_all_messages(self) -> None:
        self.broker.clear()

    @rule(data=st.data())
    def pull(self, data: st.DataObject) -> None:
        with clock.at(self.now):
            data.draw(st.sampled_from(self.readers)).pull(fetch_from(self.alpha))

    @rule(taken=st.lists(st.integers(0, PARTITIONS - 1), min_size=1, max_size=4, unique=True))
    def share(self, taken: list[int]) -> None:
        """Restart as several processes that share the partitions. One may still handle all of them for a while."""
        self.readers = [*subscriptions_of(BetaService, self.beta)]
        for number in sorted(taken)[1:]:
            (reader,) = subscriptions_of(BetaService, self.beta)
            reader.partitions = partitions_of(number, sorted(taken))
            self.readers.append(reader)

    @rule()
    def everyone_knows(self) -> None:
        self.readers[0].partitions = ALL_PARTITIONS.difference(
            *(reader.partitions for reader in self.readers[1:])
        )

    @rule()
    def database_fails_in_the_middle(self) -> None:
        def fails(*_: object) -> None:
            raise OperationalError("insert", {}, Exception("the disk is full"))

        broken = Subscription("beta", "alpha", {Noted.type: [(Noted, fails)]}, self.beta)
        try:
            broken.pull(fetch_from(self.alpha))
        except OperationalError:
            pass

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def poison(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.written + 3))
        BetaService.poison = {f"{subject} {number}" for subject in SUBJECTS}

    @rule()
    def cure(self) -> None:
        BetaService.poison = set()

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self._retry_held()

    @rule()
    def rebuild_while_it_lives(self) -> None:
        with clock.at(self.now):
            self._rebuild()

    def _rebuild(self) -> None:
        Rebuild(
            self.beta,
            lambda database: subscriptions_of(BetaService, database),
            migrate,
            {"alpha": fetch_from(self.alpha)},
            lambda count: None,
        ).whole()

    def _retry_held(self) -> None:
        with clock.at(self.now):
            for reader in self.readers:
                reader.retry_failed()

    def _handled(self) -> list[tuple[int, str]]:
        with self.beta.reading() as session:
            return [(row.seq, row.text) for row in session.execute(select(copied).order_by(copied.c.id))]

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        BetaService.poison = set()
        with clock.at(self.now):
            for reader in self.readers:
                reader.pull(fetch_from(self.alpha))
        # Dead letters are retried, as an operator would do; everything else happens without one.
        _retry_all(self.beta)
        for _ in range(3):
            self.now += timedelta(minutes=6)
            self._retry_held()
        live = self._handled()
        assert sorted(seq for seq, _ in live) == list(range(1, self.written + 1))
        in_order = defaultdict(list)
        for seq, text in live:
            in_order[text.split()[0]].append(seq)
        assert all(seqs == sorted(seqs) for seqs in in_order.values())
        self._rebuild()
        assert sorted(self._handled()) == sorted(live)
        self.alpha.close()
        self.beta.close()
        self.folder.cleanup()
        assert not Path(self.folder.name).exists()


def _retry_all(database: Database) -> None:
    from sqlalchemy import update

    from bus.eventlog.schema import failed_event

    with database.writing() as session:
        session.execute(
            update(failed_event).where(failed_event.c.next_at.is_(None)).values(next_at=START, attempts=0)
        )


TestHistory = History.TestCase
# Without shrinking, which would take longer than a test may.
TestHistory.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
