"""The picture of an article's form: uploaded, described, and kept while something else in the form is wrong."""

from __future__ import annotations

import base64

from flask import request
from werkzeug.datastructures import FileStorage

from contracts.blog import ArticleView, DescribePicture, KeepPicture, UploadPicture
from contracts.errors import SpaceError
from gateway.forms import Form, build
from gateway.request_context import services, viewer

# Fields of the command and of the form, where the names differ.
NAMES = {"base64": "picture", "alt": "picture_alt", "author": "picture_author", "licence": "picture_licence",
         "source": "picture_source", "picture_id": "picture"}  # fmt: skip

LICENCES = ("CC BY-SA 4.0", "CC BY 4.0", "CC0 1.0", "CC BY-SA 3.0", "Public domain")


def picture_of(form: Form, article: ArticleView | None) -> str | None:
    """The id of the article's picture: uploaded now or before, `""` to remove it, None for no picture."""
    if form.checked("picture_away"):
        return ""
    if file := _chosen_file():
        description = build(DescribePicture, **_description(form)).model_dump()  # before the file is read
        uploaded = services().blog.upload_picture(
            viewer(), build(UploadPicture, base64=_read(file), **description)
        )
        # If something else is refused, the picture need not be sent again.
        form.put("picture_id", uploaded.id)
        return uploaded.id
    picture_id = form.optional("picture_id")
    shown = article.picture.id if article and article.picture else None
    if picture_id is None or picture_id == shown:
        return picture_id
    if form.get("do") == "autosave" and not all(_description(form).values()):
        return None  # the picture joins the draft once its description is complete
    services().blog.describe_picture(viewer(), picture_id, build(DescribePicture, **_description(form)))
    return picture_id


def keep_picture(form: Form) -> None:
    """Upload the file that was chosen, without its description: the form that is shown again names it by its id."""
    if form.checked("picture_away") or "picture" in form.errors:
        return
    if (file := _chosen_file()) is None:
        return
    try:
        kept = services().blog.keep_picture(viewer(), build(KeepPicture, base64=_read(file)))
        form.put("picture_id", kept.id)
    except SpaceError as error:
        form.refuse(error, NAMES)


def _chosen_file() -> FileStorage | None:
    """The picture that was sent with the form and not read yet."""
    file = request.files.get("picture")
    return file if file and file.filename and file.stream.tell() == 0 else None


def _read(file: FileStorage) -> str:
    return base64.b64encode(file.read()).decode("ascii")


def _description(form: Form) -> dict[str, str]:
    return {name: form.text(f"picture_{name}") for name in ("alt", "author", "licence", "source")}
