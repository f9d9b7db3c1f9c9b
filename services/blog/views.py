"""From blog's rows to the contract's views."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.blog import ArticleState, ArticleView, CategoryChanged, Remarked, Revision
from contracts.common import TextVersion
from contracts.deletion import DeletionLine
from contracts.pictures import PictureView
from contracts.proposals import ProposalLine, ProposalState, ProposalView, ProposedFields
from core.audience import Viewer
from core.columns import AnyRow
from core.cooked_columns import current_html
from services.blog import rules
from services.blog.tables import (
    Article,
    ArticleVersion,
    Category,
    Deletion,
    Picture,
    Proposal,
)
from services.shared import deletion as log
from services.shared import texts as shared
from services.shared.categories import category_texts
from services.shared.deletion import may_restore
from services.shared.powers import is_archived, part_of
from services.shared.revisions import fields_for
from services.shared.texts import original_of, version_for
from services.shared.views import view_of

TEXTS = ("title", "summary", "body")


def category_changed(row: Category) -> CategoryChanged:
    """The event of a category, whose texts are loaded."""
    return CategoryChanged(
        slug=row.slug,
        texts=category_texts(row.original_language, row.texts),
        position=row.position,
        closed=row.closed,
    )


def original(row: Article) -> ArticleVersion:
    """The version that the others are translations of."""
    return original_of(row.versions, row.original_language)


def picture(row: Picture | AnyRow) -> PictureView:
    """A picture with what its licence asks to be shown."""
    return view_of(PictureView, row)


@dataclass(frozen=True)
class Parts:
    """What belongs to an article beside its own columns: mapped objects or rows of their columns. `deletion`: the one
    that it is deleted by, if it is."""

    versions: Sequence[Any]
    contributor_ids: list[str]
    steps: Sequence[Any]
    picture: Any
    deletion: Deletion | AnyRow | None


def loaded_parts(row: Article) -> Parts:
    """The parts of an article that are loaded with it."""
    deletion = None if row.deletion_id is None else row.deletion
    return Parts(row.versions, _contributor_ids(row), row.steps, row.picture, deletion)


def text_versions(versions: Sequence[Any], original_language: str) -> list[TextVersion]:
    """All language versions, the original first."""
    return shared.text_versions(
        versions,
        original_language,
        original_of(versions, original_language).revision,
        lambda version: version.body,
        lambda version: version.summary,
    )


def article(row: Article | AnyRow, parts: Parts, viewer: Viewer, language: str | None) -> ArticleView:
    """The article in `language` if there is such a version, else in the viewer's. Its review is for members."""
    shown = version_for(parts.versions, viewer, row.original_language, language)
    texts = text_versions(parts.versions, row.original_language)
    moderates = rules.may_moderate(viewer, part_of(row))
    if parts.deletion is None:
        rights = _rights(row, shown, viewer, parts.contributor_ids, moderates)
    else:
        rights = {
            "may_restore": not is_archived(viewer, row.audience)
            and may_restore(viewer.person_id, moderates, parts.deletion),
            "deletion": log.deletion_view(parts.deletion, viewer, moderates),
        }
    return view_of(
        ArticleView,
        row,
        **_shared(parts.contributor_ids, parts.picture, texts),
        language=shown.language,
        title=shown.title,
        summary=shown.summary,
        languages=[text.language for text in texts],
        body=shown.body,
        html=current_html(shown),
        excerpt=shown.excerpt,
        revision=shown.revision,
        review=[view_of(Remarked, step) for step in parts.steps if viewer.signed_in],
        changed_since_approval=_changed_since_approval(row, parts.steps),
        on_board=rules.on_board(viewer, part_of(row)),
        **rights,
    )


def _changed_since_approval(row: Article | AnyRow, steps: Sequence[Any]) -> bool:
    scheduled = [step.revision for step in steps if step.status == "scheduled"]
    return row.status == "scheduled" and scheduled[-1:] != [row.article_revision]


def _rights(
    row: Article | AnyRow, shown: Any, viewer: Viewer, helped: list[str], moderates: bool
) -> dict[str, Any]:
    """What the viewer may do with an article that is not deleted: in an archived group nothing."""
    if is_archived(viewer, row.audience):
        return {}
    take_back = rules.may_take_back(viewer, row.status, row.author_id)
    return {
        "may_edit": rules.may_change(viewer, row.status, part_of(row), row.author_id),
        "may_propose": rules.may_propose(viewer, row.status, part_of(row), row.author_id),
        "may_translate": rules.may_translate(viewer, row.status),
        "may_review": rules.may_review(viewer, shown.translator_id, shown.changed_by, shown.reviewed),
        "steps": rules.open_steps(viewer, row.status, part_of(row), row.author_id, helped),
        "may_delete": take_back or moderates,
        "reason_needed": moderates and not take_back,
    }


def revision(row: AnyRow, viewer: Viewer, moderates: bool, current: int | None) -> Revision:
    """A text of the history; one that is withheld is empty but for moderators. `current`: the revision shown now."""
    is_current = row.revision == current
    given = fields_for(row, viewer, moderates, is_current, TEXTS)
    return view_of(Revision, row, **given)


def proposed_fields(values: Mapping[str, Any]) -> ProposedFields:
    """Some of an article's fields, for a proposal."""
    return ProposedFields(**{name: "" if value is None else value for name, value in values.items()})


def proposal_line(row: Proposal, article: Article, viewer: Viewer) -> ProposalLine:
    """A proposal in a list; `article` with its versions."""
    return view_of(ProposalLine, row, **_of_article(row, article, viewer))


def proposal(
    row: Proposal, article: Article, viewer: Viewer, withheld: Collection[str], pictures: Iterable[Picture]
) -> ProposalView:
    """A proposal for who may see it: its author and the board. `withheld`: texts that the viewer may not read;
    `pictures` are those that it adds."""
    is_open = row.status == "open"
    may_act = is_open and not is_archived(viewer, article.audience)
    current = fields_of(article, version_in(article, row.language))
    now = {name: current[name] for name in row.changes if name in current}
    changes, replaces = row.changes, now if is_open else row.replaced
    hidden = [name for name in TEXTS if {changes.get(name), replaces.get(name)} & set(withheld)]
    return view_of(
        ProposalView,
        row,
        **_of_article(row, article, viewer),
        changes=proposed_fields(_without(changes, withheld)),
        replaces=proposed_fields(_without(replaces, withheld)),
        withheld=hidden,
        pictures=[picture(each) for each in pictures],
        conflicts=rules.conflicts(row.changes, row.replaced, current) if is_open else [],
        may_decide=may_act and rules.on_board(viewer, part_of(article)),
        may_withdraw=may_act and viewer.person_id == row.author_id,
    )


def _without(values: Mapping[str, Any], withheld: Collection[str]) -> dict[str, Any]:
    return {name: "" if name in TEXTS and value in withheld else value for name, value in values.items()}


def proposal_state(row: Proposal, article: Article) -> ProposalState:
    """A proposal for its events."""
    return view_of(
        ProposalState,
        row,
        audience=article.audience,
        original_language=article.original_language,
        titles={version.language: version.title for version in article.versions},
    )


def _of_article(row: Proposal, article: Article, viewer: Viewer) -> dict[str, Any]:
    shown = version_for(article.versions, viewer, article.original_language)
    return {
        "article_slug": article.slug,
        "article_title": shown.title,
        "article_language": shown.language,
        "is_translation": row.base_revision == 0,
    }


def version_in(row: Article, language: str) -> ArticleVersion | None:
    """The article's version in a language, if there is one."""
    return next((version for version in row.versions if version.language == language), None)


def fields_of(row: Article, version: ArticleVersion | None) -> dict[str, Any]:
    """What can be changed of an article: its shared fields, and the texts of one version, if there is one."""
    shared = {"category": row.category, "tags": row.tags, "picture_id": row.picture_id or ""}
    if version is None:
        return shared
    return {"title": version.title, "summary": version.summary, "body": version.body, **shared}


def deletion_line(row: AnyRow, viewer: Viewer) -> DeletionLine:
    """An entry of the log of deletions, for who moderates what is deleted."""
    return log.deletion_line(row, viewer, True)


def state(row: Article) -> ArticleState:
    """The whole of an article, for its events."""
    texts = text_versions(row.versions, row.original_language)
    return view_of(ArticleState, row, **_shared(_contributor_ids(row), row.picture, texts))


def deleted_state(row: Article) -> ArticleState:
    """A deleted article, for the event: which one, without what it said."""
    given = _shared(_contributor_ids(row), None, [])
    return view_of(ArticleState, row, **given, tags=[], slug=row.id, category="")


def _shared(contributor_ids: list[str], of: Any, texts: list[TextVersion]) -> dict[str, Any]:
    return {
        "contributor_ids": contributor_ids,
        "versions": texts,
        "picture": None if of is None else picture(of),
    }


def _contributor_ids(row: Article) -> list[str]:
    return [each.person_id for each in row.contributors]
