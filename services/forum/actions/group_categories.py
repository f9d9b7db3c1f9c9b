"""The categories that belong to a group: its moderators add, name and close them."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.group_categories import AddGroupCategory, SetGroupCategory
from core import slugs
from core.audience import Viewer, group_of, may_see
from core.ids import new_id
from services.forum import rules, views
from services.forum.tables import Category, CategoryText
from services.shared.authorisation import writer
from services.shared.powers import Part, check_not_archived
from services.shared.texts import known_language


def add_group_category(session: Session, viewer: Viewer, command: AddGroupCategory) -> str:
    """Add a category to a group after its others; returns its slug."""
    check_moderator(viewer, command.audience)
    language = known_language(command.language)
    # Who adds another at the same moment waits, so that the number is right.
    session.execute(select(Category.slug).order_by(Category.slug).with_for_update(key_share=True))
    mine = select(func.count()).select_from(Category).where(Category.audience == command.audience)
    count = session.scalar(mine) or 0
    if count >= rules.CATEGORIES_OF_A_GROUP:
        raise Conflict("categories-many", params={"most": rules.CATEGORIES_OF_A_GROUP})
    # Nobody can tell by an address that it is taken in a group which they don't know.
    slug = f"{slugs.slug(command.name)[:60] or 'group'}-{new_id()[-8:]}"
    row = Category(
        slug=slug,
        original_language=language,
        position=count,
        closed=False,
        official=False,
        audience=command.audience,
        texts=[CategoryText(category=slug, language=language, name=command.name, about=command.about)],
    )
    session.add(row)
    _publish(session, row)
    return slug


def set_group_category(session: Session, viewer: Viewer, slug: str, command: SetGroupCategory) -> None:
    """Name or describe a group's category in one language, close it, or open it again."""
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    row = session.scalars(wanted.with_for_update(key_share=True)).first()
    if row is None or group_of(row.audience) is None:
        raise NotFound()
    check_moderator(viewer, row.audience)
    language = known_language(command.language)
    if command.name is not None or command.about is not None:
        text = next((each for each in row.texts if each.language == language), None)
        if text is None:
            text = CategoryText(category=slug, language=language, name=command.name or "", about="")
            row.texts.append(text)
        text.name = command.name or text.name
        text.about = text.about if command.about is None else command.about
    if command.closed is not None:
        row.closed = command.closed
    _publish(session, row)


def check_moderator(viewer: Viewer, audience: str) -> None:
    """Raise unless the viewer looks after the categories of the group whose content has this audience."""
    writer(viewer)
    if group_of(audience) is None or not may_see(viewer, audience):
        raise NotFound()
    if not rules.moderates(viewer, Part(audience)):
        raise Forbidden("group-moderators-only")
    check_not_archived(viewer, audience)


def _publish(session: Session, row: Category) -> None:
    session.flush()
    append_event(session, views.category_changed(row))
