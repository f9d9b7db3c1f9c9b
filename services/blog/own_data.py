"""What blog has of a person, for them to take along: what they wrote, proposed and uploaded, and had a part in.

The bytes of a picture are fetched by its id.
"""

from bus.own_data import exporter_of
from core.exporting import Section
from services.blog.tables import (
    Article,
    ArticleRevision,
    ArticleVersion,
    Contributor,
    Picture,
    Proposal,
    Step,
)

PICTURES = "blog/pictures"

SECTIONS = (
    Section(
        "blog/articles",
        Article,
        lambda viewer: Article.author_id == viewer.person_id,
        frozenset({"deletion_id"}),
    ),
    Section(
        "blog/article_texts",
        ArticleVersion,
        lambda viewer: ArticleVersion.changed_by == viewer.person_id,
        frozenset({"translator_id"}),
    ),
    Section(
        "blog/saved_texts",
        ArticleRevision,
        lambda viewer: ArticleRevision.by_id == viewer.person_id,
        frozenset({"withheld_by", "withheld_reason"}),
    ),
    Section("blog/contributions", Contributor, lambda viewer: Contributor.person_id == viewer.person_id),
    Section("blog/review_steps", Step, lambda viewer: Step.by_id == viewer.person_id),
    Section(
        "blog/proposals",
        Proposal,
        lambda viewer: Proposal.author_id == viewer.person_id,
        frozenset({"replaced", "decided_by"}),
    ),
    Section(PICTURES, Picture, lambda viewer: Picture.uploaded_by == viewer.person_id),
)

export_of = exporter_of(SECTIONS)
