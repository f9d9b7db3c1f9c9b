"""The entrypoints of the events service: the calendar, the map and attendance."""

from __future__ import annotations

from nameko.timer import timer

from bus.entrypoints import call, handles, reads, writes
from bus.service import PURGE_SECONDS, Service
from bus.tag_replacement import replaces_tags
from contracts.events import (
    EventsApi,
    FoundPlace,
)
from contracts.held import HeldApproved
from contracts.moderation import AppealAnswered, DecisionMade
from contracts.people import PersonVanished
from contracts.tags import TagReplaced
from contracts.writing_rules import WritingRulesChanged
from core import gazetteer
from core.audience import Viewer
from services.events import actions, own_data, queries, term_queries
from services.events.actions import dates, decisions, stale, tags, vanishing, zones
from services.events.actions import held as held_actions
from services.events.actions.recook import recook
from services.events.queries import lists

ADVANCE_SECONDS = 60
"""How often it is looked whether dates are over."""


class EventsService(Service):
    """Calls; `contracts.events.EventsApi` documents them."""

    name = "events"
    api = EventsApi
    publishers = stale.PUBLISHERS
    recooks = (recook,)

    export_of = reads(own_data.export_of)
    event_months = reads(lists.event_months)
    events = reads(lists.events)
    month = reads(lists.month)
    event = reads(queries.event)
    events_by_id = reads(queries.events_by_id)
    event_revisions = reads(queries.event_revisions)
    withhold_revision = writes(actions.withhold_revision)
    show_revision = writes(actions.show_revision)
    attendees = reads(queries.attendees)
    attendance = reads(queries.attendance)
    waiting_list = reads(queries.waiting_list)
    waiting_place = reads(queries.waiting_place)
    create_event = writes(actions.create_event)
    change_event = writes(actions.change_event)
    set_event_version = writes(actions.set_event_version)
    attend = writes(actions.attend)
    delete_event = writes(actions.delete_event)
    restore_event = writes(actions.restore_event)
    event_deletions = reads(queries.deletions)
    hold_event = writes(held_actions.hold_event)
    hold_event_change = writes(held_actions.hold_event_change)
    hold_event_version = writes(held_actions.hold_event_version)
    term_matches = reads(term_queries.term_matches)
    held_items = reads(held_actions.CALLS.held_items)
    held = reads(held_actions.CALLS.held)
    withdraw_held = writes(held_actions.CALLS.withdraw_held)
    change_held = writes(held_actions.CALLS.change_held)

    @call
    def find_places(self, viewer: Viewer, text: str, limit: int) -> list[FoundPlace]:
        found = gazetteer.find(self.resources.settings.home, text, limit)
        return [FoundPlace.model_validate(each._asdict()) for each in found]

    @timer(interval=3600)  # type: ignore[untyped-decorator]
    def top_up(self) -> None:
        with self.resources.database.writing() as session:
            dates.top_up(session)

    @timer(interval=ADVANCE_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def advance(self) -> None:
        while self.write(dates.advance):
            pass

    # At the start too: new rules come with a new system or package, and so with a restart.
    @timer(interval=3600, eager=True)  # type: ignore[untyped-decorator]
    def recalculate(self) -> None:
        looked_through = 1
        while looked_through:
            with self.resources.database.writing() as session:
                looked_through = zones.recalculate(session)

    person_vanished = handles(PersonVanished, vanishing.forget)
    decision_made = handles(DecisionMade, decisions.decision_made)
    appeal_answered = handles(AppealAnswered, decisions.appeal_answered)
    tag_replaced = handles(TagReplaced, tags.tag_replaced)
    replace_tag = replaces_tags(tags.tagged)
    writing_rules_changed = handles(WritingRulesChanged, held_actions.CALLS.rules_changed)
    held_approved = handles(HeldApproved, held_actions.CALLS.approved)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_held(self) -> None:
        self.write(held_actions.CALLS.purge)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_decided_changes(self) -> None:
        self.write(decisions.purge_changes)


_: type[EventsApi] = EventsService
