"""Reads of invitations to groups."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.groups import GroupInvitation as InvitationView
from contracts.groups import Invited
from core import paging
from core.audience import Viewer
from core.languages import choose
from services.people import rules
from services.people.queries.groups import ANSWERABLE, known_group
from services.people.tables import Group, GroupInvitation
from services.shared.authorisation import signed_in
from services.shared.cursors import position


def invited(
    session: Session, viewer: Viewer, slug: str, after: Cursor | None, limit: PageSize
) -> Page[Invited]:
    """Who was invited to a group, the newest first. Raises `Forbidden("group-moderators-only")`, `NotFound`."""
    row, mine = known_group(session, viewer, slug)
    rules.check_moderator(viewer, mine)
    wanted = select(GroupInvitation).where(GroupInvitation.group_id == row.id)
    page = paging.newest_first(wanted, GroupInvitation.at, GroupInvitation.id, position(after), limit)
    rows = session.scalars(page).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[
            Invited(
                person_id=each.person_id, by_id=each.by_id, at=each.at, declined=each.declined_at is not None
            )
            for each in rows[:limit]
        ],
        next=paging.cursor(last.at, last.id) if last else None,
    )


def invitations(session: Session, viewer: Viewer) -> list[InvitationView]:
    """The viewer's own open invitations, the newest first."""
    rows = session.execute(
        select(GroupInvitation, Group)
        .join(Group, Group.id == GroupInvitation.group_id)
        .where(GroupInvitation.person_id == signed_in(viewer), *ANSWERABLE)
        .order_by(GroupInvitation.at.desc(), GroupInvitation.id.desc())
    ).all()
    found = []
    for invitation, group in rows:
        names = {each.language: each.name for each in group.texts}
        language = choose(names, viewer.languages, group.language)
        found.append(
            InvitationView(
                slug=group.slug, name=names[language], language=language, by_id=invitation.by_id,
                at=invitation.at,
            )
        )  # fmt: skip
    return found
