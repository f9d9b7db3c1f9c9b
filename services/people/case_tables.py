"""The tables of people for reports, cases and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Json, Moment
from services.people.tables import Base


class ItemColumns:
    """What a case and a decision are about: an item with its title of then, and the person whose it is.

    `original_language` and `category`, of a post those of its topic, say with the audience whose moderators handle it.
    """

    kind: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(String(500))
    title: Mapped[str] = mapped_column(String(400))
    language: Mapped[str] = mapped_column(String(20))
    audience: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[str | None] = mapped_column(String(16))
    original_language: Mapped[str] = mapped_column(String(20), default="", server_default="")
    category: Mapped[str] = mapped_column(String(100), default="", server_default="")


class Case(ItemColumns, Base):
    """The reports on one item, or one appeal (`appeal_of`: the decision's id).

    `audience` says whose moderators handle it, and `item_audience` who sees the item: a case about who moderates a
    group is for the site's moderators, and so is an appeal.

    `open_key` names the item while the case is open and is None afterwards, so that an item has one open case.
    `score` is the sum of the reports' weights (`case_rules.weight_of`); what is not `ordinary` comes first in the
    queue; `automatic` has what was done because of the score, with both. `member_score` is that of members' reports
    alone, and `automatic_id` the decision that hid the item because of it.
    `held`: the item waits for review. `findings` are those of the checks that held or flagged it.
    """

    __tablename__ = "moderation_case"
    __table_args__ = (
        Index("moderation_case_by_audience", "audience", "opened_at", "id"),
        Index("moderation_case_by_closing", "closed_at"),
        Index("moderation_case_in_order", "ordinary", "opened_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    item_audience: Mapped[str] = mapped_column(String(30))
    open_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    appeal_of: Mapped[str | None] = mapped_column(String(16))
    decision_id: Mapped[str | None] = mapped_column(String(16))
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    findings: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    reports: Mapped[int] = mapped_column(Integer)
    score: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    member_score: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    automatic_id: Mapped[str | None] = mapped_column(String(16))
    ordinary: Mapped[bool] = mapped_column(default=True, server_default=true())
    automatic: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    claimed_by: Mapped[str | None] = mapped_column(String(16))
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)


class Snapshot(Base):
    """An item as it was when it was reported. Reports on the same text share one: `digest` is its SHA-256."""

    __tablename__ = "case_snapshot"
    __table_args__ = (UniqueConstraint("case_id", "digest", name="case_snapshot_once"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("moderation_case.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(400))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    taken_at: Mapped[datetime] = mapped_column(Moment)
    details: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list, server_default="[]")


class CaseReport(Base):
    """One report. `reporter_id` is None for a stranger, and for everybody once it is not needed any more."""

    __tablename__ = "case_report"
    __table_args__ = (
        UniqueConstraint("case_id", "reporter_id", name="case_report_once"),
        Index("case_report_by_reporter", "reporter_id", "at"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("moderation_case.id", ondelete="CASCADE"))
    reporter_id: Mapped[str | None] = mapped_column(String(16))
    weight: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    snapshot_id: Mapped[str | None] = mapped_column(String(16))


class CaseEntry(Base):
    """A step of a case's history (`contracts.moderation.Step`): the log of what moderators did. `own_report`: by one
    who had reported the item, since nobody else could."""

    __tablename__ = "case_entry"
    __table_args__ = (Index("case_entry_by_case", "case_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("moderation_case.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[str | None] = mapped_column(String(16))
    own_report: Mapped[bool] = mapped_column(default=False, server_default=false())
    words: Mapped[str] = mapped_column(Text)


class HiddenWords(Base):
    """A group's description that a decision hid, until it is overturned or its case's snapshots are deleted."""

    __tablename__ = "hidden_words"

    decision_id: Mapped[str] = mapped_column(
        ForeignKey("case_decision.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    about: Mapped[str] = mapped_column(Text)


class CaseDecision(ItemColumns, Base):
    """What moderators decided, and the appeal against it. `key` opens its page to a suspended person. `part`: whose
    moderators they were, `""` for those of everything or of a group. `failed` are the measures that could not be
    carried out: then its case is open again, and another decision may close it. `case_id` is that case."""

    __tablename__ = "case_decision"
    __table_args__ = (
        Index("case_decision_by_time", "at", "id"),
        Index("case_decision_by_subject", "subject_id", "until"),
        Index("case_decision_by_case", "case_id"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    measures: Mapped[list[str]] = mapped_column(Json)
    failed: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    case_id: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    days: Mapped[int | None] = mapped_column(Integer)
    until: Mapped[datetime | None] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[str] = mapped_column(String(16))
    office: Mapped[str] = mapped_column(String(20))
    part: Mapped[str] = mapped_column(String(120), default="", server_default="")
    key: Mapped[str] = mapped_column(String(60))
    appeal: Mapped[str] = mapped_column(Text, default="")
    appealed_at: Mapped[datetime | None] = mapped_column(Moment)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    overturned_at: Mapped[datetime | None] = mapped_column(Moment)


__all__ = ["Base", "Case", "CaseDecision", "CaseEntry", "CaseReport", "HiddenWords", "Snapshot"]
