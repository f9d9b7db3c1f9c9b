"""What forum has of a person, for them to take along: their topics and posts, and what these said before."""

from bus.own_data import exporter_of
from core.exporting import Section
from services.forum.tables import Post, PostRevision, Topic, TopicVersion
from services.forum.writing_tables import TABLES

SECTIONS = (
    Section(
        "forum/topics",
        Topic,
        lambda viewer: Topic.author_id == viewer.person_id,
        frozenset({"last_author_id", "deletion_id", "article_deleted"}),
    ),
    Section(
        "forum/topic_texts",
        TopicVersion,
        lambda viewer: TopicVersion.changed_by == viewer.person_id,
        frozenset({"translator_id"}),
    ),
    Section(
        "forum/posts",
        Post,
        lambda viewer: Post.author_id == viewer.person_id,
        frozenset({"edited_by", "deleted_by", "deletion_id"}),
    ),
    Section(
        "forum/earlier_posts",
        PostRevision,
        lambda viewer: PostRevision.by_id == viewer.person_id,
        frozenset({"withheld_by", "withheld_reason"}),
    ),
    Section(
        "forum/held",
        TABLES.held,
        lambda viewer: TABLES.held.author_id == viewer.person_id,
        frozenset({"command", "findings"}),
    ),
    Section("forum/newcomer", TABLES.newcomer, lambda viewer: TABLES.newcomer.person_id == viewer.person_id),
)

export_of = exporter_of(SECTIONS)
