"""Events in full, each at one of its dates: in a few statements, however many they are. These are built once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, func, select
from sqlalchemy.orm import Session

from contracts.errors import NotFound, invalid
from contracts.events import EventView
from core import clock
from core.audience import Viewer
from core.columns import AnyRow, AnySelect
from services.events import rules, views
from services.events.queries.events import EVENTS, IDS, VERSIONS, attended, counts, readers_values
from services.events.tables import Deletion, Occurrence
from services.events.views import AttendanceCounts, OwnAttendance
from services.shared import deletion as log
from services.shared.deletion import may_restore
from services.shared.ids import AT_ONCE, checked_ids
from services.shared.powers import is_archived, part_of
from services.shared.texts import text_versions, version_for

NEXT_DATES = 12

_DATE: Any = Occurrence.__table__
_DELETION: Any = Deletion.__table__
_DELETED: AnySelect = select(*_DELETION.c).where(_DELETION.c.id == bindparam("id", type_=String))
_NAMED: AnySelect = select(*_DATE.c).where(
    Occurrence.event_id.in_(IDS), Occurrence.occurrence.in_(bindparam("names", expanding=True))
)
_number = func.row_number().over(partition_by=Occurrence.event_id, order_by=Occurrence.starts_at)
_coming = (
    select(*_DATE.c, _number.label("number"))
    .where(Occurrence.event_id.in_(IDS), Occurrence.ends_at > bindparam("now", type_=Occurrence.ends_at.type))
    .subquery()
)
_COMING: AnySelect = (
    select(*_coming.c).where(_coming.c.number <= NEXT_DATES).order_by(_coming.c.event_id, _coming.c.number)
)
_last = (
    select(Occurrence.event_id, func.max(Occurrence.starts_at).label("starts_at"))
    .where(Occurrence.event_id.in_(IDS))
    .group_by(Occurrence.event_id)
    .subquery()
)
_LAST: AnySelect = select(*_DATE.c).join(
    _last, and_(_last.c.event_id == Occurrence.event_id, _last.c.starts_at == Occurrence.starts_at)
)


def event(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, language: str | None
) -> EventView:
    """One event at the date `occurrence`, by default its next date (or the current one), else its last.

    The text is in `language` if there is such a version, else in the one that the viewer reads best. Raises `NotFound`.
    """
    found = _events(session, viewer, [(event_id, occurrence)], language)
    if not found:
        raise NotFound()
    return found[0]


def events_by_id(
    session: Session, viewer: Viewer, ids: list[str], occurrences: list[str | None], language: str | None
) -> list[EventView]:
    """Several events by their ids, each at its occurrence; those that are not there are left out. Raises
    `too-many-ids`."""
    if len(ids) != len(occurrences):
        raise invalid("ids", "too-many-ids", most=len(occurrences))
    known = checked_ids(ids, AT_ONCE)
    wanted = [(each, name) for each, name in zip(ids, occurrences, strict=True) if each in known]
    return _events(session, viewer, wanted, language)


def _events(
    session: Session, viewer: Viewer, wanted: Sequence[tuple[str, str | None]], language: str | None
) -> list[EventView]:
    session.flush()  # what a command has changed: the statements go past the session's own objects
    values = readers_values(viewer) | {"ids": [event_id for event_id, _ in wanted]}
    rows = {row.id: row for row in session.execute(EVENTS, values).all()}
    if not rows:
        return []
    ids, now = list(rows), clock.now()
    texts: dict[str, list[AnyRow]] = {each: [] for each in ids}
    for version in session.execute(VERSIONS, {"ids": ids}).all():
        texts[version.event_id].append(version)
    coming: dict[str, list[AnyRow]] = {each: [] for each in ids}
    for each in session.execute(_COMING, {"ids": ids, "now": now}).all():
        coming[each.event_id].append(each)
    dates = _dates(session, [each for each in wanted if each[0] in rows], coming)
    attending = counts(session, [(each.event_id, each.occurrence) for each in dates.values()])
    mine = attended(session, viewer, ids)
    found = []
    for key in wanted:
        date = dates.get(key)
        if date is None:
            continue
        row, at = rows[key[0]], (key[0], date.occurrence)
        versions = text_versions(
            texts[row.id], row.original_language, row.text_revision, lambda version: version.body
        )
        text = version_for(texts[row.id], viewer, row.original_language, language)
        fields: dict[str, Any] = {
            **views.common_fields(row),
            **views.date_fields(
                row, date, attending.get(at, AttendanceCounts()), mine.get(at, OwnAttendance())
            ),
            "language": text.language,
            "title": text.title,
            "languages": [each.language for each in versions],
            "body": text.body,
            **views.stored_forms(text),
            "revision": row.revision,
            "edits": text.edits,
            "withholds": row.withholds,
            "versions": versions,
            "dates": [following.starts_at for following in coming[row.id]],
            **_rights(session, viewer, row, date, now),
        }
        found.append(EventView.model_validate(fields))
    return found


def _dates(
    session: Session, wanted: Iterable[tuple[str, str | None]], coming: dict[str, list[AnyRow]]
) -> dict[tuple[str, str | None], AnyRow]:
    """For each event and named date its date; for the name None its next date, else its last."""
    wanted = list(wanted)
    found: dict[tuple[str, str | None], AnyRow] = {}
    names = {name for _, name in wanted if name is not None}
    if names:
        ids = [event_id for event_id, name in wanted if name is not None]
        for date in session.execute(_NAMED, {"ids": ids, "names": list(names)}).all():
            found[date.event_id, date.occurrence] = date
    over = []
    for event_id, name in wanted:
        if name is None and coming[event_id]:
            found[event_id, None] = coming[event_id][0]
        elif name is None:
            over.append(event_id)
    for date in session.execute(_LAST, {"ids": over}) if over else ():
        found[date.event_id, None] = date
    return found


def _rights(session: Session, viewer: Viewer, row: AnyRow, date: AnyRow, now: datetime) -> dict[str, object]:
    """What the viewer may do with an event: with a deleted one only restore it, in an archived group nothing."""
    archived = is_archived(viewer, row.audience)
    moderates = rules.moderates(viewer, part_of(row))
    if row.deletion_id is not None:
        ended = session.execute(_DELETED, {"id": row.deletion_id}).one()
        return {
            "may_restore": not archived and may_restore(viewer.person_id, moderates, ended),
            "deletion": log.deletion_view(ended, viewer, moderates),
        }
    if archived:
        return {}
    organises = viewer.writes and viewer.person_id == row.author_id
    return {
        "attendance_open": rules.attendance_open(row.status, date.ends_at, now),
        "may_edit": rules.may_edit(viewer, row.author_id, part_of(row)),
        "may_translate": rules.may_translate(viewer),
        "may_attend": rules.may_attend(viewer, row.status, date.ends_at, now),
        "may_delete": organises or moderates,
        "reason_needed": moderates and not organises,
    }
