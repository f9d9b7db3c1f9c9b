"""Blocks and mutes people, for one person alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blocks import BlockChanged, BlockLevel, BlockPerson, BlockView
from contracts.errors import Conflict, invalid
from core import clock
from core.audience import Viewer
from services.people import own_rules, queries, rules
from services.people.actions.present import hold_present
from services.people.block_tables import Block
from services.people.tables import Person
from services.shared.authorisation import owner
from services.shared.views import view_of


def block(session: Session, viewer: Viewer, name: str, command: BlockPerson) -> BlockView:
    """Block or mute somebody, or change which of the two. Raises `block-self`, `Conflict("blocks-many")`."""
    person_id, other = _own(session, viewer), _other(session, name)
    if other.id == person_id:
        raise invalid("name", "block-self")
    row = session.get(Block, (person_id, other.id))
    if row is not None and row.level == command.level:
        return _view(row)
    if row is None:
        count = select(func.count()).select_from(Block).where(Block.person_id == person_id)
        if (session.scalar(count) or 0) >= own_rules.BLOCKS_EACH:
            raise Conflict("blocks-many", params={"most": own_rules.BLOCKS_EACH})
        row = Block(person_id=person_id, other_id=other.id, since=clock.now())
        session.add(row)
    row.level = command.level
    session.flush()
    append_event(session, BlockChanged(person_id=person_id, other_id=other.id, level=command.level))
    return _view(row)


def unblock(session: Session, viewer: Viewer, name: str) -> None:
    """Neither block nor mute somebody any more."""
    _lift(session, viewer, name, ("block", "mute"))


def lift(session: Session, viewer: Viewer, name: str, level: BlockLevel) -> None:
    """No longer do to somebody what `level` says; who does the other of the two goes on with that."""
    _lift(session, viewer, name, (level,))


def _lift(session: Session, viewer: Viewer, name: str, levels: Collection[BlockLevel]) -> None:
    person_id, other = _own(session, viewer), _other(session, name)
    gone = delete(Block).where(Block.person_id == person_id, Block.other_id == other.id)
    gone = gone.where(Block.level.in_(levels))
    if session.scalar(gone.returning(Block.other_id)) is not None:
        append_event(session, BlockChanged(person_id=person_id, other_id=other.id, level=None))


def _own(session: Session, viewer: Viewer) -> str:
    """The viewer's id; their row is locked, so that two of their requests at once count right.

    The lock lets others refer to the row meanwhile: of two who block each other, neither waits for the other.
    """
    person = rules.known(session.get(Person, owner(viewer), with_for_update={"key_share": True}))
    return rules.known(None if person.vanished_at is not None else person).id


def _other(session: Session, name: str) -> Person:
    return rules.known(hold_present(session, queries.person_once_named(session, name)))


def _view(row: Block) -> BlockView:
    return view_of(BlockView, row, person_id=row.other_id)
