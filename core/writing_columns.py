"""Columns of the tables that services have alike: the rules for writing, and items that wait for review."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Json, Moment


class WritingRulesColumns:
    """The one row of the rules that administrators set, as `contracts.writing_rules.WritingRules` in JSON."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[str] = mapped_column(Text)


class NewcomerColumns:
    """What a new person wrote within the last day: of each text when (`at`), its `kind`, and how many `links` and
    `mentions`. Who writes locks their row."""

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    written: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Moment)


class RepeatKeyColumns:
    """The key of a day's hashes of texts and links; it is deleted with them."""

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))


class RepeatColumns:
    """How often new people wrote one text or link on a day. `digest` is a keyed hash of it."""

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    times: Mapped[int]


class HeldColumns:
    """An item that waits for review, with the call that it waits for: `verb`, `target_id` and `command`.

    `path` is that of what it was written in, or of the item once it is published.
    """

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    verb: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[str | None] = mapped_column(String(16))
    command: Mapped[dict[str, Any]] = mapped_column(Json)
    audience: Mapped[str] = mapped_column(String(30))
    original_language: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(100))
    author_id: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(String(500))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    revision: Mapped[int]
    status: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    decision_id: Mapped[str | None] = mapped_column(String(16))
    failure: Mapped[str] = mapped_column(String(60), default="")
