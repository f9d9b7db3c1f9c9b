"""Uploading pictures."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from contracts.blog import PictureView, UploadPicture
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.blog import rules, views
from services.blog.pictures import Prepared, prepare
from services.blog.tables import Picture, PictureSize
from services.shared.authorisation import writer
from services.shared.limits import check_rate

MOST_PICTURES, PICTURES_PERIOD = 60, timedelta(hours=1)


def upload_picture(
    session: Session, viewer: Viewer, command: UploadPicture, prepared: Prepared | None = None
) -> PictureView:
    """Store a picture. `prepared` is the result of `pictures.prepare`, which is called before the
    transaction.

    Appends no event: only its uploader sees a picture until an article shows it.
    """
    by_id = writer(viewer)
    if rules.limited(viewer):
        uploaded = select(Picture.uploaded_at).where(Picture.uploaded_by == by_id)
        newest = uploaded.order_by(Picture.uploaded_at.desc())
        nth_newest = session.scalar(newest.offset(MOST_PICTURES - 1).limit(1))
        check_rate(nth_newest, PICTURES_PERIOD, "too-many-pictures")
    sizes = prepared or prepare(command.base64)
    picture = Picture(
        id=new_id(),
        alt=command.alt,
        author=command.author,
        licence=command.licence,
        source=command.source,
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
