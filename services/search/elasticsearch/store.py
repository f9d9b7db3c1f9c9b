"""What the service's own database has for the index in Elasticsearch: which index it is, and what it has yet to get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.ids import new_id
from services.search.analysis import VERSION
from services.search.elasticsearch.mapping import FIELDS
from services.search.elasticsearch.tables import ElasticsearchIndex, PendingDocument
from services.search.engine import Key
from services.search.folding import fold
from services.search.tables import AuthorName

_MOST_AUTHORS = 5


def index_of(session: Session) -> ElasticsearchIndex | None:
    """The index that this database belongs to; None if it never had one."""
    return session.execute(select(ElasticsearchIndex)).scalar()


def begin_index(session: Session) -> None:
    """Let this database belong to a new index."""
    session.execute(
        insert(ElasticsearchIndex).values(name=new_id(), analysis=VERSION, created=False, fields=FIELDS)
    )


def note_created(session: Session) -> None:
    """Note that the index is there: if it is missing from now on, it was lost."""
    session.execute(update(ElasticsearchIndex).values(created=True))


def note_fields(session: Session) -> None:
    """Note that the index has all fields of this release."""
    session.execute(update(ElasticsearchIndex).values(fields=FIELDS))


def note_renewed(session: Session, name: str) -> None:
    """Note that the documents of an index are by this version of the analysis."""
    renewed = update(ElasticsearchIndex).where(ElasticsearchIndex.name == name)
    session.execute(renewed.values(analysis=VERSION))


def put_off(session: Session, changes: Mapping[Key, tuple[int, dict[str, Any] | None]]) -> None:
    """Note what the index has to get: for each item the version and the document, None if it is removed."""
    rows = [
        {"kind": key.kind, "id": key.id, "version": version, "document": document, "error": ""}
        # Always in the same order: two transactions that lock rows in different ones would wait for each other.
        for key, (version, document) in sorted(changes.items(), key=lambda change: _order(change[0]))
    ]
    if rows:
        statement = _insert(session)(PendingDocument)
        new = {name: statement.excluded[name] for name in ("version", "document", "error")}
        newer = statement.excluded.version >= PendingDocument.version
        session.execute(
            statement.on_conflict_do_update(index_elements=["kind", "id"], set_=new, where=newer), rows
        )


def pending(session: Session, limit: int) -> list[PendingDocument]:
    """The first documents that the index has to get, except those that it refused."""
    query = select(PendingDocument).where(PendingDocument.error == "")
    return list(session.execute(query.order_by(PendingDocument.version).limit(limit)).scalars())


def pending_number(session: Session) -> int:
    """How many documents the index has to get, except those that it refused."""
    query = select(func.count()).select_from(PendingDocument).where(PendingDocument.error == "")
    return session.scalar(query) or 0


def arrived(session: Session, documents: Sequence[PendingDocument]) -> None:
    """Forget documents that the index has got, except those that have changed again meanwhile."""
    for each in sorted(documents, key=lambda document: _order(document.key)):
        session.execute(delete(PendingDocument).where(*_is(each)))


def refused(session: Session, document: PendingDocument, error: str) -> None:
    """Note that the index will never take a document."""
    session.execute(update(PendingDocument).where(*_is(document)).values(error=error[:2000]))


def set_author_name(session: Session, author_id: str, name: str) -> None:
    """See `Engine.set_author_name`."""
    statement = _insert(session)(AuthorName).values(author_id=author_id, folded=fold(name, ""))
    new = {"folded": statement.excluded.folded}
    session.execute(statement.on_conflict_do_update(index_elements=["author_id"], set_=new))


def authors(session: Session, names: Sequence[str]) -> dict[str, list[str]]:
    """For each name that somebody has, the ids of the people who have it."""
    by_folded = {fold(name, ""): name for name in names}
    found: dict[str, list[str]] = {}
    if by_folded:
        query = select(AuthorName.folded, AuthorName.author_id).where(AuthorName.folded.in_(by_folded))
        for folded, author_id in session.execute(query.order_by(AuthorName.author_id)):
            found.setdefault(by_folded[folded], []).append(author_id)
    return {name: ids[:_MOST_AUTHORS] for name, ids in found.items()}


def _order(key: Key) -> tuple[str, str]:
    return key.kind, key.id


def _is(document: PendingDocument) -> tuple[Any, ...]:
    return (
        PendingDocument.kind == document.kind,
        PendingDocument.id == document.id,
        PendingDocument.version == document.version,
    )


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
