"""The tables of a search service whose index is in Elasticsearch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.common import Kind
from core.columns import Json
from services.search.engine import Key
from services.search.tables import Base


class ElasticsearchIndex(Base):
    """The index that the database belongs to: one row, none with the embedded engine.

    A rebuild has a database of its own until it is done, and so an index of its own. `analysis` is the version of the
    analysis by which its documents are made, `created` whether it has been created, `fields` the version of its fields
    (`mapping.FIELDS`).
    """

    __tablename__ = "elasticsearch_index"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    analysis: Mapped[str] = mapped_column(String(100))
    created: Mapped[bool]
    fields: Mapped[int] = mapped_column(Integer, server_default="1")


class PendingDocument(Base):
    """A document that the index has yet to get: the newest of its item, None if the item is removed.

    `version` is the `seq` of the event that it comes from. `error` is why the index refused it, `""` if it did not.
    """

    __tablename__ = "pending_document"

    kind: Mapped[Kind] = mapped_column(String(10), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[str] = mapped_column(Text)

    @property
    def key(self) -> Key:
        """The item."""
        return Key(self.kind, self.id)

    __table_args__ = (Index("pending_document_by_version", "version"),)
