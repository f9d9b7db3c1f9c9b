"""Uploading and describing pictures."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from contracts.blog import DescribePicture
from contracts.errors import NotFound
from contracts.pictures import PictureView
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.blog import queries, rules, views
from services.blog.picture_decoder import Prepared
from services.blog.tables import Picture, PictureSize
from services.shared.authorisation import writer
from services.shared.limits import check_rate

MOST_PICTURES, PICTURES_PERIOD = 60, timedelta(hours=1)


def check_upload(session: Session, viewer: Viewer) -> str:
    """The id of the uploader. Raises an error if they may not upload a picture now: asked before one is decoded,
    which costs much."""
    by_id = writer(viewer)
    _check_rate(session, viewer, by_id)
    return by_id


def upload_picture(
    session: Session, viewer: Viewer, command: DescribePicture, prepared: Prepared
) -> PictureView:
    """Store a picture. `prepared` is the result of `pictures.prepare`, which is called before the
    transaction.

    Appends no event: only its uploader sees a picture until an article shows it.
    """
    return _store(session, viewer, prepared, command)


def keep_picture(session: Session, viewer: Viewer, prepared: Prepared) -> PictureView:
    """Store a picture that is described later."""
    return _store(session, viewer, prepared, None)


def describe_picture(
    session: Session, viewer: Viewer, picture_id: str, command: DescribePicture
) -> PictureView:
    """Set the description of one's own picture. Raises `NotFound` if it is another's, or an article shows it, or is to
    show it by a proposal that waits for the board, who would accept another description than they have read."""
    by_id = writer(viewer)
    own = select(Picture).where(Picture.id == picture_id, Picture.uploaded_by == by_id).with_for_update()
    picture = session.scalars(own.execution_options(populate_existing=True)).first()
    # A statement of its own: it sees what was committed while this one waited for the lock.
    in_use = session.scalar(
        select(Picture.id).where(
            Picture.id == picture_id, or_(queries.in_article(), queries.in_open_proposal())
        )
    )
    if picture is None or in_use:
        raise NotFound()
    for name, value in command.model_dump().items():
        setattr(picture, name, value)
    return views.picture(picture)


def _store(
    session: Session, viewer: Viewer, sizes: Prepared, description: DescribePicture | None
) -> PictureView:
    by_id = writer(viewer)
    _check_rate(session, viewer, by_id)
    picture = Picture(
        id=new_id(),
        alt=description.alt if description else "",
        author=description.author if description else "",
        licence=description.licence if description else "",
        source=description.source if description else "",
        width=sizes.width,
        height=sizes.height,
        media_type=sizes.media_type,
        uploaded_by=by_id,
        uploaded_at=clock.now(),
    )
    session.add(picture)
    session.flush()
    session.execute(
        insert(PictureSize),
        [
            {"picture_id": picture.id, "width": width, "content": content}
            for width, content in sizes.sizes.items()
        ],
    )
    return views.picture(picture)


def _check_rate(session: Session, viewer: Viewer, by_id: str) -> None:
    if rules.limited(viewer):
        uploaded = select(Picture.uploaded_at).where(Picture.uploaded_by == by_id)
        newest = uploaded.order_by(Picture.uploaded_at.desc())
        nth_newest = session.scalar(newest.offset(MOST_PICTURES - 1).limit(1))
        check_rate(nth_newest, PICTURES_PERIOD, "too-many-pictures")
