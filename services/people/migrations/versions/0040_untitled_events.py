"""The log says no more of closed cases than the tables do: titles that were deleted there go from events too."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Take the titles, and texts that moderators wrote, out of the events of cases and decisions without a title."""
    log = sa.table(
        "event_log", sa.column("seq"), sa.column("type"), sa.column("subject"), sa.column("data", Json)
    )
    bind, untitled = op.get_bind(), set()
    for table, kind in (("moderation_case", "case"), ("case_decision", "decision")):
        rows = sa.table(table, sa.column("id"), sa.column("title"))
        found = bind.execute(sa.select(rows.c.id).where(rows.c.title == "")).scalars()
        untitled |= {f"{kind}/{each}" for each in found}
    types = ("people.case.opened", "people.decision.made", "people.appeal.answered")
    events = bind.execute(sa.select(log.c.seq, log.c.subject, log.c.data).where(log.c.type.in_(types))).all()
    for seq, subject, data in events:
        if subject not in untitled:
            continue
        if "decision" in data:
            data["decision"]["title"] = ""
            if "text" in data:
                data["text"] = None
        else:
            data["title"] = ""
        op.execute(log.update().where(log.c.seq == seq).values(data=data))
