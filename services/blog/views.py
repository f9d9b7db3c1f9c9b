"""From blog's rows to the contract's views."""

from __future__ import annotations

from typing import Any

from contracts.blog import ArticleState, ArticleView, PictureView, Remarked
from contracts.common import TextVersion
from core.audience import Viewer
from services.blog import rules
from services.blog.tables import Article, ArticleVersion, Picture
from services.shared import texts as shared
from services.shared.texts import original_of, version_for
from services.shared.views import view_of


def original(row: Article) -> ArticleVersion:
    """The version that the others are translations of."""
    return original_of(row.versions, row.original_language)


def picture(row: Picture) -> PictureView:
    """A picture with what its licence asks to be shown."""
    return view_of(PictureView, row)


def text_versions(row: Article) -> list[TextVersion]:
    """All language versions, the original first."""
    return shared.text_versions(
        row.versions,
        row.original_language,
        original(row).revision,
        lambda version: version.body,
        lambda version: version.summary,
    )


def article(row: Article, viewer: Viewer, language: str | None) -> ArticleView:
    """The article in `language` if there is such a version, else in the viewer's. Its review is for members."""
    shown = version_for(row.versions, viewer, row.original_language, language)
    texts = text_versions(row)
    helped = [each.person_id for each in row.contributors]
    return view_of(
        ArticleView,
        row,
        **_shared(row, texts),
        language=shown.language,
        title=shown.title,
        summary=shown.summary,
        languages=[text.language for text in texts],
        body=shown.body,
        revision=shown.revision,
        review=[view_of(Remarked, step) for step in row.steps if viewer.signed_in],
        may_edit=rules.may_change(viewer, row.status, row.audience, row.author_id, helped),
        may_translate=rules.may_translate(viewer, row.status),
        may_review=rules.may_review(viewer, shown.translator_id, shown.changed_by, shown.reviewed),
        on_board=rules.on_board(viewer, row.audience),
        steps=rules.open_steps(viewer, row.status, row.audience, row.author_id, helped),
    )


def state(row: Article) -> ArticleState:
    """The whole of an article, for its events."""
    return view_of(ArticleState, row, **_shared(row, text_versions(row)))


def _shared(row: Article, texts: list[TextVersion]) -> dict[str, Any]:
    return {
        "contributor_ids": [each.person_id for each in row.contributors],
        "versions": texts,
        "picture": picture(row.picture) if row.picture else None,
    }
