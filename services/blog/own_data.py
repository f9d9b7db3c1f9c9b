"""What blog has of a person, for them to take along: what they wrote, proposed and uploaded, and had a part in.

The bytes of a picture are fetched by its id.
"""

from bus.own_data import exporter_of
from core.exporting import owned_by
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
    owned_by("blog/articles", Article.author_id, "deletion_id"),
    owned_by("blog/article_texts", ArticleVersion.changed_by, "translator_id"),
    owned_by("blog/saved_texts", ArticleRevision.by_id, "withheld_by", "withheld_reason"),
    owned_by("blog/contributions", Contributor.person_id),
    owned_by("blog/review_steps", Step.by_id),
    owned_by("blog/proposals", Proposal.author_id, "replaced", "decided_by"),
    owned_by(PICTURES, Picture.uploaded_by),
)

export_of = exporter_of(SECTIONS)
