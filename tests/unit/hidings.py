"""All that can hide one item together, and all orders in which it can be undone, with a model of what is to be seen.

An item is hidden as long as anything that hid it stands: its author, a moderator by hand, and each decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from bus.eventlog.append import forget_next_seq
from contracts.common import Kind, Recorded
from contracts.errors import Forbidden
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core import clock
from services.shared.limits import without_limits
from tests.unit.harness import NOON

RECORDED = Recorded(
    producer="people", seq=1, id="e", type="", version=1, subject="", audience="members", occurred_at=NOON, data={}
)  # fmt: skip
JUDGES = {"1": "0judge1000000000", "2": "0judge2000000000"}

BEFORE = ("", "author", "hand", "1", "author 1", "hand 1")
UNDOING = ("overturn 1", "overturn 2", "restore", "take back")


@dataclass
class Item:
    """A new item of one kind, with what can be done to it. `by_author` None: its author can't delete it."""

    kind: Kind
    id: str
    author_id: str
    decide: Callable[[DecisionMade, Recorded], object]
    answer: Callable[[AppealAnswered, Recorded], object]
    by_hand: Callable[[], object]
    restore: Callable[[], object]
    take_back: Callable[[], object]
    is_seen: Callable[[], bool]
    by_author: Callable[[], object] | None

    def decision(self, number: str, *, overturned: bool = False) -> DecisionState:
        """One of the two decisions, each by a moderator of its own."""
        return DecisionState(
            id=f"0decision{number}000000", kind=self.kind, item_id=self.id, title="", language="en",
            audience="public", measures=["hide"], reason="abuse", at=NOON, by_id=JUDGES[number],
            overturned=overturned,
        )  # fmt: skip

    def do(self, step: str) -> None:
        """Take a step; who may not is refused."""
        name, _, number = step.partition(" ")
        if step in JUDGES:
            self.decide(DecisionMade(decision=self.decision(step), person_id=self.author_id), RECORDED)
        elif name == "overturn":
            state = self.decision(number, overturned=True)
            self.answer(AppealAnswered(decision=state, person_id=self.author_id), RECORDED)
        elif step == "author" and self.by_author is not None:
            self.by_author()
        else:
            {"hand": self.by_hand, "restore": self.restore, "take back": self.take_back}[step]()


@dataclass
class Model:
    """What hides an item: the first is the one that a moderator undoes by hand, then the newest. `taken`: the decision
    that stands where the author had deleted the item before."""

    standing: list[str] = field(default_factory=list)
    taken: str = ""

    def do(self, step: str) -> bool:
        """Take a step; whether it is allowed."""
        name, _, number = step.partition(" ")
        current = self.standing[0] if self.standing else ""
        if step in JUDGES:
            if current == "author":
                self.standing[0], self.taken = step, step
            else:
                self.standing.insert(1, step)
        elif name == "overturn":
            if number in self.standing and self.taken == number:
                self.standing[self.standing.index(number)], self.taken = "author", ""
            elif number in self.standing:
                self.standing.remove(number)
        elif step in ("author", "hand"):
            self.standing = self.standing or [step]
        elif current:
            if (step == "take back") is not (current == "author"):
                return False
            self.standing.pop(0)
            self.taken = "" if current == self.taken else self.taken
        return True


def check(session: Session, new: Callable[[], Item]) -> None:
    """Compare a new item with the model in each state, then after the second decision, then after two of what undoes,
    in both orders. What two orders begin with is done once: each goes on from the same savepoint."""
    moment = clock.now()

    def follow(item: Item, model: Model, done: list[str], steps: list[str], undoing: int) -> None:
        """Take `steps`, then so many of what undoes and was not taken yet, each of them in turn."""
        for step in steps:
            done = [*done, step]
            with clock.at(moment + timedelta(seconds=len(done))):
                _compare(item, model, step, f"{item.kind}: {done}")
        for step in UNDOING if undoing else ():
            if step not in done:
                with _undone(session):
                    follow(item, deepcopy(model), done, [step], undoing - 1)

    for before in BEFORE:
        with _undone(session):
            with without_limits():
                item = new()
            if "author" not in before or item.by_author is not None:
                follow(item, Model(), [], [*before.split(), "2"], 2)


@contextmanager
def _undone(session: Session) -> Iterator[None]:
    """Take back what the block has done: nothing stays, so that the last one is as quick as the first."""
    point = session.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        session.expunge_all()
        forget_next_seq(session)


def _compare(item: Item, model: Model, step: str, told: str) -> None:
    allowed = model.do(step)
    try:
        item.do(step)
        done = True
    except Forbidden:
        done = False
    assert done is allowed, (told, model)
    assert item.is_seen() is not bool(model.standing), (told, model)
