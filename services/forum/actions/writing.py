"""What the rules for writing find in texts of the forum."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Kind
from contracts.held import ForumFlagged, HeldDetail, HeldState
from core.audience import Viewer
from core.columns import AnyRow, NewRow
from core.writing_rows import WritingRows
from services.forum import rules
from services.forum.tables import Post, Topic
from services.forum.writing_tables import TABLES
from services.shared.powers import Part
from services.shared.writing_checks import Draft, Verdict, judge


def judged(
    session: Session, viewer: Viewer, part: Part, draft: Draft, known_rules: str | None = None
) -> Verdict:
    """What the rules say of a text, which is counted. Raises as `judge` does. `known_rules`: the stored ones, where
    they were read already."""
    exempt = rules.moderates(viewer, part)
    return judge(WritingRows(session, TABLES, known_rules), viewer, draft, exempt=exempt)


def flag_post(
    session: Session, verdict: Verdict, post: Post | AnyRow | NewRow, topic: Topic | AnyRow
) -> None:
    """Tell moderators of a post, if the rules found something in it that they are to be told of."""
    _flag(
        session,
        verdict,
        "post",
        post.id,
        f"/talk/p/{post.id}",
        topic,
        post.author_id,
        post.body,
        post.language,
    )


def flag_topic(
    session: Session, verdict: Verdict, topic: Topic, by_id: str, text: str, language: str
) -> None:
    """The same of a topic's title and first post in a language."""
    _flag(session, verdict, "topic", topic.id, f"/talk/t/{topic.id}", topic, by_id, text, language)


def _flag(
    session: Session,
    verdict: Verdict,
    kind: Kind,
    item_id: str,
    path: str,
    topic: Topic | AnyRow,
    author_id: str,
    text: str,
    language: str,
) -> None:
    if not verdict.flags:
        return
    state = HeldState(
        id=item_id,
        kind=kind,
        path=path,
        item_audience=topic.audience,
        original_language=topic.original_language,
        category=topic.category or "",
        author_id=author_id,
        title=topic.title,
        text=text,
        language=language,
        revision=topic.revision,
        status="published",
        findings=verdict.flags,
        details=[HeldDetail(name="tags", value="\n".join(topic.tags))]
        if topic.tags and kind == "topic"
        else [],
    )
    append_event(session, ForumFlagged(held=state))
