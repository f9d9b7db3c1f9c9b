"""What forum has of a person, for them to take along: their topics and posts, and what these said before."""

from bus.own_data import exporter_of
from core.exporting import owned_by
from services.forum.tables import Post, PostRevision, Topic, TopicRevision, TopicVersion
from services.forum.writing_tables import TABLES

SECTIONS = (
    owned_by(
        "forum/topics", Topic.author_id, "last_author_id", "deletion_id", "article_deleted", "titled_by"
    ),
    owned_by("forum/topic_texts", TopicVersion.changed_by, "translator_id"),
    owned_by("forum/earlier_topic_texts", TopicRevision.by_id, "withheld_by", "withheld_reason"),
    owned_by("forum/posts", Post.author_id, "edited_by", "deleted_by", "deletion_id"),
    owned_by("forum/earlier_posts", PostRevision.by_id, "withheld_by", "withheld_reason"),
    owned_by("forum/held", TABLES.held.author_id, "command", "findings"),
    owned_by("forum/newcomer", TABLES.newcomer.person_id),
)

export_of = exporter_of(SECTIONS)
