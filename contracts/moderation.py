"""people, second part: reports, the moderators' queue, their decisions, and appeals against these."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.article_texts import DraftBody
from contracts.common import (
    CLEAN_LINE,
    CLEAN_TEXT,
    MARKDOWN,
    Command,
    Cursor,
    Event,
    Id,
    Key,
    Kind,
    LanguageCode,
    Page,
    PageSize,
    View,
    needs_scope,
    safe,
)
from contracts.contact import ContactMessage
from contracts.deletion import GivenReason
from contracts.held import Finding, HeldDetail
from core.audience import MEMBERS, Audience, Viewer

Measure = Literal["word", "warning", "edit", "move", "hide", "close", "silence", "suspension"]
"""What a decision does. `word`: only its words reach the person. `warning`: they are a formal warning. `edit`:
moderators write the item's text anew. `move`: a topic or article comes into another category. `hide`: the item is
deleted, as by its service's own call; of a group the descriptions are hidden. `close`: nobody replies in the topic
any more; a group is archived. `silence`: until a day the person reads and does not write. `suspension`: until a day
they can't sign in, and their sessions and tokens rest."""

CaseState = Literal["open", "claimed", "closed"]
CaseKind = Kind | Literal["message"]
"""`message`: a conversation with somebody who says to nobody who they are (`contracts.contact`)."""

Step = Literal[
    "reported",
    "claimed",
    "released",
    "dismissed",
    "decided",
    "appealed",
    "upheld",
    "overturned",
    "answered",
    "closed",
    "failed",
]
Office = Literal["moderator", "group-moderator"]
"""In which role somebody decided: as one of the site's moderators, or of a group's."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), CLEAN_TEXT]

NOTE_PREFIX = "/decisions/"
"""The note of a deletion that a decision made is the address of its page: this, and the decision's id. So is the reason
for which an earlier text is withheld."""

UNNAMED = "0" * 16
"""Who wrote what a decision changed, as everybody is told: moderators. Nobody has this id."""


# Commands


class Report(Command):
    """Report an item to its moderators, as the reporter sees it: the gateway reads it on their behalf and sends what it
    found. `subject_id` is its author, or the person reported; None if there is none (a group). `original_language` and
    `category`, of a post those of its topic, say whose moderators handle it.

    Faults: `note-missing` for the reason `other` without words. Raises `TooMany("reports-too-many")`.
    """

    kind: Kind
    item_id: Id
    path: Annotated[str, StringConstraints(max_length=500)]
    audience: Audience
    subject_id: Id | None = None
    title: Annotated[str, StringConstraints(max_length=400), CLEAN_LINE] = ""
    text: Annotated[str, StringConstraints(max_length=50_000), CLEAN_TEXT] = ""
    language: Annotated[str, StringConstraints(max_length=20)] = "en"
    revision: int = 1
    original_language: Annotated[str, StringConstraints(max_length=20)] = ""
    category: Annotated[str, StringConstraints(max_length=100)] = ""
    reason: GivenReason
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), CLEAN_TEXT] = ""


class NewText(Command):
    """What an item is to say in `language`: of a post, which has no title, only `body`; `summary` is an article's. A
    topic keeps its first post where `body` is empty, as where that is deleted. `withhold`: what it said before is for
    moderators alone from then on."""

    language: LanguageCode
    title: Annotated[str, StringConstraints(max_length=200), CLEAN_LINE] = ""
    summary: Annotated[str, StringConstraints(max_length=500), CLEAN_TEXT, MARKDOWN] = ""
    body: DraftBody = ""
    withhold: bool = True


class Decide(Command):
    """Close a case: without `measures` it is dismissed. `words` are for the person concerned, or if it is dismissed for
    the case's history. `days` is how long a silence or suspension lasts. `text` and `category` are for the measures
    `edit` and `move`. `revision`: of an item that waits for review, that of the snapshot that was read.

    Faults: `reason-missing`, `days-missing`, `text-missing`, `category-missing`, `measure-unfit` (not for this item, or
    not for this moderator), `measures-conflict`.
    """

    measures: list[Measure] = Field(default=[], max_length=8)
    text: NewText | None = None
    category: Key | None = None
    reason: GivenReason | None = None
    days: Annotated[int, Field(ge=1, le=365)] | None = None
    words: Words
    revision: int | None = None


class ApproveHeld(Command):
    """Let an item through that waits for review. `revision`: that of the snapshot that was read."""

    revision: int


class Appeal(Command):
    """Appeal against a decision. `key` opens it to a suspended person, who can't sign in."""

    words: Words
    key: Annotated[str, StringConstraints(max_length=60)] = ""


class AnswerAppeal(Command):
    """Decide on an appeal: `overturn` undoes all that the decision did."""

    overturn: bool
    words: Words


# Views


class ReportReceipt(View):
    """That a report has arrived. It tells nothing of other reports."""

    kind: Kind
    item_id: str


class CaseLine(View):
    """A case in the queue: the reports on one item, one that waits for review (`is_held`), one appeal, or a message.
    `claimed_by`, `subject_id` are people's ids. Of a message `opened_at` is only the day. `score`
    is that of its reports, by trust and accuracy of who reported; with a high one it comes `first`."""

    id: str
    kind: CaseKind
    item_id: str
    path: str
    title: str
    language: str
    audience: str
    subject_id: str | None = None
    state: CaseState
    reports: int = 0
    reasons: list[GivenReason] = []
    opened_at: AwareDatetime
    claimed_by: str | None = None
    is_appeal: bool = False
    is_held: bool = False
    score: int = 0
    first: bool = False


class AutomaticAction(View):
    """What was done without a moderator, because the reports' `score` had reached the `threshold`: the case was put
    `first` in the queue, or the item `hidden` until a moderator has read it."""

    action: Literal["first", "hidden"]
    score: int
    threshold: int
    at: AwareDatetime


class SnapshotView(View):
    """An item as it was when it was reported."""

    id: str
    title: str
    text: str
    language: str
    revision: int
    taken_at: AwareDatetime
    details: list[HeldDetail] = []


class ReportView(View):
    """One report, for moderators. `reporter_id` is None for somebody who was not signed in."""

    reporter_id: str | None = None
    reason: GivenReason
    words: str = ""
    at: AwareDatetime
    snapshot_id: str | None = None


class CaseStep(View):
    """An entry of a case's history. `by_id` is None for a report or an appeal. `own_report`: it was by one who had
    reported the item, since nobody else could."""

    step: Step
    at: AwareDatetime
    by_id: str | None = None
    own_report: bool = False
    words: str = ""


class DecisionView(View):
    """A decision, for the person concerned, whom it never tells who decided; to moderators `by_id` is given. `part`: it
    was decided by moderators of this part of the site, as `contracts.administration.PartName` names it.

    `failed` are those of its measures that could not be carried out, for instance as the item was gone, and are not
    among the `measures`. `until`: the end of a silence or suspension. `appeal` and `answer` are words. `may_appeal`
    until `appeal_until`.
    """

    id: str
    kind: Kind
    path: str
    title: str
    language: str
    measures: list[Measure]
    failed: list[Measure] = []
    reason: GivenReason
    words: str
    at: AwareDatetime
    until: AwareDatetime | None = None
    office: Office
    part: str = ""
    by_id: str | None = None
    may_appeal: bool = False
    appeal_until: AwareDatetime
    appeal: str = ""
    appealed_at: AwareDatetime | None = None
    answer: str = ""
    answered_at: AwareDatetime | None = None
    overturned: bool = False
    automatic: bool = False
    """Reports hid it by themselves, and no moderator has decided yet."""


class CaseView(CaseLine):
    """A case with all that belongs to it. `decision`: what closed it, or what the appeal is against. `findings`: why an
    item waits, or was flagged.

    What the viewer may do: claim it, release it, and decide; `measures` are those that they may choose from. Who is
    among the reporters (`own_report`) leaves it to others, unless nobody else could decide.
    """

    snapshots: list[SnapshotView] = []
    told: list[ReportView] = []
    history: list[CaseStep] = []
    messages: list[ContactMessage] = []
    decision: DecisionView | None = None
    own_report: bool = False
    findings: list[Finding] = []
    automatic: list[AutomaticAction] = []
    may_claim: bool = False
    may_release: bool = False
    may_decide: bool = False
    measures: list[Measure] = []


class PublicDecision(View):
    """A line of the public log: what was done, by which rule and in which role (`part` as in `DecisionView`); nobody's
    name. `failed` as in `DecisionView`. `appealed`: and that appeal is answered."""

    kind: Kind
    measures: list[Measure]
    failed: list[Measure] = []
    reason: GivenReason
    office: Office
    part: str = ""
    at: AwareDatetime
    days: int | None = None
    appealed: bool = False
    overturned: bool = False


# Events


class DecisionState(View):
    """What other services need to know of a decision; none of its words. `part` as in `DecisionView`."""

    id: str
    kind: Kind
    item_id: str
    title: str
    language: str
    audience: str
    measures: list[Measure]
    reason: GivenReason
    at: AwareDatetime
    until: AwareDatetime | None = None
    by_id: str
    part: str = ""
    overturned: bool = False


class _DecisionEvent(Event):
    decision: DecisionState
    person_id: str | None = None

    def subject(self) -> str:
        return f"decision/{self.decision.id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class ChangedText(View):
    """As `NewText`."""

    language: str
    title: str = ""
    summary: str = ""
    body: str
    withhold: bool


class DecisionMade(_DecisionEvent):
    """Moderators decided on an item, or on what the person did. The item's service carries out what concerns it: it
    writes `text` and moves to `category` where they are given."""

    type: ClassVar[str] = "people.decision.made"
    version: ClassVar[int] = 2
    text: ChangedText | None = None
    category: str | None = None


class AppealAnswered(_DecisionEvent):
    """An appeal was decided. If the decision is `overturned` now, the item's service undoes what it did.

    `author_left`: it rejected a held item whose author is no longer in its group, where it is not published."""

    type: ClassVar[str] = "people.appeal.answered"
    version: ClassVar[int] = 2
    author_left: bool = False


class CaseOpened(Event):
    """Something waits for moderators: a first report on an item, or an appeal. `person_ids` are those who may handle
    it, up to 100; who reported is not told. `item_audience` is the audience of the case."""

    type: ClassVar[str] = "people.case.opened"
    case_id: str
    kind: Kind
    title: str
    language: str
    item_audience: str
    is_appeal: bool
    person_ids: list[str]

    def subject(self) -> str:
        return f"case/{self.case_id}"

    def audience(self) -> str:
        # As of `DecisionMade`.
        return MEMBERS


class ModerationApi(Protocol):
    """The calls about reports and decisions, a part of `contracts.people.PeopleApi`."""

    @needs_scope(None)
    def report(self, viewer: Viewer, command: Report) -> ReportReceipt:
        """Report an item, also as a stranger. A second report of it by the same person adds nothing."""

    @safe
    def cases(self, viewer: Viewer, closed: bool, after: Cursor | None, limit: PageSize) -> Page[CaseLine]:
        """The cases that the viewer may handle, the oldest first; the closed ones the newest first.

        Raises `SignInNeeded`, `Forbidden("not-case-handler")`.
        """

    @safe
    def case(self, viewer: Viewer, case_id: str) -> CaseView: ...
    @needs_scope("moderate")
    def claim_case(self, viewer: Viewer, case_id: str) -> CaseView:
        """Take a case on.

        Raises `Conflict("case-claimed")`, `Conflict("case-closed")`, `Forbidden("case-own-report")`.
        """

    @needs_scope("moderate")
    def release_case(self, viewer: Viewer, case_id: str) -> CaseView: ...
    @needs_scope("moderate")
    def decide_case(self, viewer: Viewer, case_id: str, command: Decide) -> CaseView:
        """Dismiss or act. Raises `Conflict("case-not-claimed")` unless the viewer has claimed it,
        `Conflict("held-changed")` as `approve_held` does, and `Forbidden("case-own-report")`."""

    @needs_scope("moderate")
    def approve_held(self, viewer: Viewer, case_id: str, command: ApproveHeld) -> CaseView:
        """Let an item through that waits for review; a decision that hides it rejects it.

        Raises `Conflict("case-claimed")`, `Conflict("case-closed")`, `Conflict("case-not-held")`, and
        `Conflict("held-changed")` if its author has changed the text since it was read.
        """

    @needs_scope("moderate")
    def answer_appeal(self, viewer: Viewer, case_id: str, command: AnswerAppeal) -> CaseView: ...
    @safe
    def decision(self, viewer: Viewer, decision_id: str, key: str) -> DecisionView:
        """A decision, for the person concerned. `key` as in `Appeal`."""

    @safe
    def silence(self, viewer: Viewer) -> DecisionView | None:
        """The decision that silences the viewer, of several the one that ends last."""

    @needs_scope(None)
    def appeal(self, viewer: Viewer, decision_id: str, command: Appeal) -> DecisionView:
        """Raises `Conflict("appealed-already")`, `Forbidden("appeal-too-late")`."""

    @safe
    def public_decisions(
        self, viewer: Viewer, after: Cursor | None, limit: PageSize
    ) -> Page[PublicDecision]: ...
