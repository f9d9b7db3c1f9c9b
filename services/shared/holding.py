"""Items that wait for review: held, changed and withdrawn by their authors, published or rejected by moderators.

An item that waits is no row of its service's items, so no list, search, feed or count of those can show it. It is the
call that its author made, which is carried out when a moderator lets it through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from contracts.common import Command, Cursor, Kind, Page, PageSize, Recorded
from contracts.errors import Conflict, Forbidden, NotFound, SpaceError
from contracts.held import (
    ChangeHeld,
    Finding,
    HeldApproved,
    HeldDetail,
    HeldLine,
    HeldState,
    HeldStatus,
    HeldView,
)
from contracts.moderation import AppealAnswered, DecisionState
from contracts.validation import parse
from contracts.writing_rules import WritingRulesChanged
from core import clock, paging
from core.audience import Viewer, group_of
from core.ids import new_id
from core.writing_rows import WritingRows
from services.shared.authorisation import signed_in, writer
from services.shared.cursors import position
from services.shared.ids import is_id
from services.shared.limits import without_limits
from services.shared.powers import Part, part_of
from services.shared.views import view_of
from services.shared.writing_checks import Draft, Verdict, details_of

AUTHOR_LEFT = "held-author-left"
"""Why an item is not published whose author is no longer in its group."""


@dataclass(frozen=True)
class Verb:
    """A call that can wait: its command, the kind of item that it is about, the command's fields with title and text,
    and what carries it out in its author's name and returns the path of the item's page."""

    command: type[Command]
    kind: Kind
    title_field: str | None
    body_field: str
    publish: Callable[[Viewer, str | None, Any], str]


@dataclass(frozen=True)
class Waits:
    """What waits: the `verb` with its `target_id` and command, and what moderators need to know of it."""

    verb: str
    target_id: str | None
    command: Command
    part: Part
    language: str
    title: str
    body: str
    path: str


@dataclass(frozen=True)
class Holding:
    """The held items of a service, in one transaction.

    `announce` appends the event of a changed item. `moderates` says whether somebody moderates a part, `judge`
    what the rules say of a text in a part. `address` begins the paths of held items' pages.
    """

    rows: WritingRows
    verbs: Mapping[str, Verb]
    announce: Callable[[HeldState], object]
    moderates: Callable[[Viewer, Part], bool]
    judge: Callable[[Viewer, Part, Draft], Verdict]
    address: str

    def hold(self, viewer: Viewer, what: Waits, verdict: Verdict) -> HeldView:
        """Have an item wait."""
        now = clock.now()
        row = self.rows.add_held(
            id=new_id(now),
            kind=self.verbs[what.verb].kind,
            verb=what.verb,
            target_id=what.target_id,
            command=what.command.model_dump(mode="json", exclude_unset=True),
            audience=what.part.audience,
            original_language=what.part.language,
            category=what.part.category,
            author_id=writer(viewer),
            language=what.language,
            title=what.title,
            body=what.body,
            path=what.path,
            findings=[each.model_dump() for each in verdict.holds],
            revision=1,
            status="waiting",
            created_at=now,
            changed_at=now,
            decision_id=None,
            failure="",
        )
        self._announce(row)
        return self._view(row, viewer)

    def held(self, viewer: Viewer, held_id: str) -> HeldView:
        """See `contracts.held.HeldApi`."""
        return self._view(self._visible(viewer, held_id), viewer)

    def of(self, viewer: Viewer, after: str | None, limit: int) -> Page[HeldLine]:
        """See `contracts.held.HeldApi.held_items`."""
        rows = self.rows.waiting_of(signed_in(viewer), position(after), limit)
        last = rows[limit - 1] if len(rows) > limit else None
        return Page[HeldLine](
            items=[view_of(HeldLine, row) for row in rows[:limit]],
            next=paging.cursor(last.created_at, last.id) if last else None,
        )

    def change(self, viewer: Viewer, held_id: str, command: ChangeHeld) -> HeldView:
        """Change the text of one's own item."""
        row = self._own(viewer, held_id)
        verb = self.verbs[row.verb]
        changes: dict[str, Any] = {verb.body_field: command.body.rstrip()}
        if verb.title_field is not None and command.title is not None:
            changes[verb.title_field] = command.title
        row.command = parse(verb.command, {**row.command, **changes}).model_dump(
            mode="json", exclude_unset=True
        )
        row.body, row.title = changes[verb.body_field], changes.get(verb.title_field or "", row.title)
        verdict = self.judge(
            viewer, part_of(row), Draft(row.title, row.body, before=row.title, beside=details_of(row.command))
        )
        row.findings = [each.model_dump() for each in verdict.holds] or row.findings
        row.revision, row.changed_at = row.revision + 1, clock.now()
        self._announce(row)
        return self._view(row, viewer)

    def withdraw(self, viewer: Viewer, held_id: str) -> None:
        """Take one's own item back; nothing of what it said stays here."""
        row = self._own(viewer, held_id)
        row.body, row.command = "", {}
        self._end(row, "withdrawn")

    def approved(self, held_id: str, revision: int | None) -> None:
        """Publish an item that a moderator let through. One that waits no more stays as it is, and one that its author
        has changed since waits on: its new text is a case of its own."""
        row = self.rows.held(held_id, lock=True)
        if row is None or row.status != "waiting":
            return
        if revision is None or row.revision == revision:
            self._publish(row)

    def decided(self, decision: DecisionState) -> bool:
        """Reject a held item, if the decision is about one and hides it. Returns whether it is about one."""
        row = self.rows.held(decision.item_id, lock=True)
        if row is None:
            return False
        if "hide" in decision.measures and row.status == "waiting":
            row.decision_id = decision.id
            self._end(row, "rejected")
        return True

    def overturned(self, answer: AppealAnswered) -> bool:
        """Publish what a decision rejected that is overturned now, unless its author has left the group meanwhile.
        Returns whether there is such an item."""
        decision = answer.decision
        row = self.rows.held_by_decision(decision.id)
        if row is None:
            return False
        if row.status == "rejected" and answer.author_left:
            row.failure = AUTHOR_LEFT
            self._end(row, "failed")
        elif row.status == "rejected":
            self._publish(row)
        return True

    def forget(self, person_id: str) -> None:
        """Delete the held items of a person who has vanished. What waited waits no more."""
        for row in self.rows.forget(person_id):
            row.title = row.body = ""
            row.findings = []
            row.status = "withdrawn"
            self.announce(_state(row, self.address))

    def _publish(self, row: Any) -> None:
        """Carry the call out as its author would now. What can't be any more has failed, and its author reads why."""
        verb = self.verbs[row.verb]
        group = group_of(row.audience)
        author = Viewer(
            person_id=row.author_id,
            roles=frozenset({"member"}),
            groups=frozenset() if group is None else frozenset({group}),
            languages=(row.language,),
        )
        try:
            with self.rows.whole(), without_limits():
                row.path = verb.publish(author, row.target_id, parse(verb.command, row.command))
        except SpaceError as error:
            row.failure = error.faults[0].code if error.faults else error.code
            self._end(row, "failed")
        else:
            self._end(row, "published")

    def _end(self, row: Any, status: HeldStatus) -> None:
        row.status, row.changed_at = status, clock.now()
        self._announce(row)

    def _announce(self, row: Any) -> None:
        self.rows.flush()
        self.announce(_state(row, self.address))

    def _visible(self, viewer: Viewer, held_id: str, *, lock: bool = False) -> Any:
        """The row, for its author and who moderates its audience; `NotFound` for everybody else."""
        row = self.rows.held(held_id, lock=lock) if is_id(held_id) else None
        if row is None:
            raise NotFound()
        own = row.author_id == viewer.person_id
        if not own and (row.status == "withdrawn" or not self.moderates(viewer, part_of(row))):
            raise NotFound()
        return row

    def _own(self, viewer: Viewer, held_id: str) -> Any:
        person_id = writer(viewer)
        row = self._visible(viewer, held_id, lock=True)
        if row.author_id != person_id:
            raise Forbidden("not-your-post")
        if row.status != "waiting":
            raise Conflict("held-over")
        return row

    def _view(self, row: Any, viewer: Viewer) -> HeldView:
        own = row.author_id == viewer.person_id
        return view_of(
            HeldView,
            row,
            has_title=self.verbs[row.verb].title_field is not None,
            decision_id=row.decision_id if own else None,
            may_edit=own and row.status == "waiting" and viewer.may("write"),
            status=cast(HeldStatus, row.status),
        )


def without_text(data: dict[str, Any], person_id: str) -> dict[str, Any]:
    """The data of an event about a held item, without what it said if this person wrote it."""
    held = data["held"]
    return {"held": held | {"title": "", "text": ""}} if held["author_id"] == person_id else data


def _state(row: Any, address: str) -> HeldState:
    return HeldState(
        id=row.id,
        kind=row.kind,
        path=f"{address}/{row.id}",
        item_audience=row.audience,
        original_language=row.original_language,
        category=row.category,
        author_id=row.author_id,
        title=row.title,
        text=row.body,
        language=row.language,
        revision=row.revision,
        status=row.status,
        findings=[Finding.model_validate(each) for each in row.findings],
        details=[HeldDetail(name=name, value=value) for name, value in details_of(row.command).items()],
    )


@dataclass(frozen=True)
class HeldCalls:
    """The calls of `contracts.held.HeldApi`, the handlers of people's events, and what purges, of one service."""

    held: Callable[[Any, Viewer, str], HeldView]
    held_items: Callable[[Any, Viewer, Cursor | None, PageSize], Page[HeldLine]]
    change_held: Callable[[Any, Viewer, str, ChangeHeld], HeldView]
    withdraw_held: Callable[[Any, Viewer, str], None]
    rules_changed: Callable[[Any, WritingRulesChanged, Recorded], None]
    approved: Callable[[Any, HeldApproved, Recorded], None]
    purge: Callable[[Any], None]


def calls_of(holding: Callable[[Any], Holding]) -> HeldCalls:
    """The calls and handlers of a service. `holding`: its held items, in the transaction of a database session."""

    def held(session: Any, viewer: Viewer, held_id: str) -> HeldView:
        return holding(session).held(viewer, held_id)

    def held_items(session: Any, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[HeldLine]:
        return holding(session).of(viewer, after, limit)

    def change_held(session: Any, viewer: Viewer, held_id: str, command: ChangeHeld) -> HeldView:
        return holding(session).change(viewer, held_id, command)

    def withdraw_held(session: Any, viewer: Viewer, held_id: str) -> None:
        holding(session).withdraw(viewer, held_id)

    def rules_changed(session: Any, event: WritingRulesChanged, recorded: Recorded) -> None:
        holding(session).rows.set_rules(event.rules.model_dump_json())

    def approved(session: Any, event: HeldApproved, recorded: Recorded) -> None:
        holding(session).approved(event.held_id, event.revision)

    def purge(session: Any) -> None:
        holding(session).rows.purge()

    return HeldCalls(held, held_items, change_held, withdraw_held, rules_changed, approved, purge)


__all__ = ["HeldCalls", "Holding", "Verb", "Waits", "calls_of", "without_text"]
