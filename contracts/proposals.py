"""Proposed changes of articles that the board has accepted: they wait until an editor has read them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from contracts.article_texts import ArticleFields
from contracts.common import Command, Cursor, PageSize, View
from contracts.pictures import PictureView

ProposalStatus = Literal["open", "accepted", "declined", "withdrawn"]


class ProposedFields(View):
    """What a proposal changes, or what it replaces. None: not this field."""

    title: str | None = None
    summary: str | None = None
    body: str | None = None
    category: str | None = None
    tags: list[str] | None = None
    picture_id: str | None = None


class ProposalLine(View):
    """One proposal in a list, with the title and language that the article has for the viewer. `is_translation`: it
    adds a version in `language`. `remark`: why it was declined."""

    id: str
    article_id: str
    article_slug: str
    article_title: str
    article_language: str
    language: str
    is_translation: bool
    author_id: str
    created_at: AwareDatetime
    status: ProposalStatus
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None
    remark: str = ""


class ProposalView(ProposalLine):
    """One proposal. `changes` are the new values; a picture that is taken away is `""`. `replaces` is what they stand
    in place of: while the proposal is open what is published now, then what was published when it was made.

    `pictures` are those that it adds to the article while it is open; what is not among them is not published by it.
    `withheld` names the texts that are empty here because they have been withheld from the article's history.

    `conflicts` names the fields that have been changed by others since; such a proposal can't be accepted. Whether the
    viewer may accept or decline it (`may_decide`) or withdraw it (`may_withdraw`).
    """

    changes: ProposedFields
    replaces: ProposedFields
    pictures: list[PictureView] = []
    withheld: list[str] = []
    conflicts: list[str] = []
    may_decide: bool = False
    may_withdraw: bool = False


class ProposeChange(ArticleFields):
    """What to change in an article. `revision` is the version's that the writer started from, 0 for a translation that
    is not there yet, None for the present one; `Conflict("edit-conflict")` is raised for another. `based_on` is the
    revision of the original that a translation was made from.

    A person's earlier proposal for the same version is withdrawn. Faults: `nothing-changed`, and those of
    `contracts.blog.ChangeArticle`.
    """

    revision: int | None = None
    based_on: int | None = None


class ProposalQuery(Command):
    """A filter for proposals: of one article, with one status, by the viewer alone."""

    article_id: str | None = None
    status: ProposalStatus | None = "open"
    own: bool = False
    after: Cursor | None = None
    limit: PageSize = 20


class ProposalState(View):
    """A proposal after an event, without what it says: that is for its author and the board alone. `titles`: those of
    the article, by language."""

    id: str
    article_id: str
    audience: str
    author_id: str
    language: str
    status: ProposalStatus
    original_language: str
    titles: dict[str, str]
