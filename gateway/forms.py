"""Forms: the values that were sent, the errors at their fields, and showing both again."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import abort, make_response, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.wrappers import Response

from bus.rpc.context import idempotent
from contracts.errors import SpaceError, Unavailable
from gateway.problems import fault_sentence, of_validation, sentence
from gateway.request_context import request_context

M = TypeVar("M", bound=BaseModel)

# The most characters of a field that are shown again; longer values are refused for their size.
LONGEST_VALUE = 200_000

# In the WSGI environment of a form that is shown again after its writer signed in: `gateway.signin.errand`.
RESUMED = "space.resumed"

FORM_ID = "form_id"
_FORM_ID = re.compile(r"[\w-]{8,40}", re.ASCII)


def new_form_id() -> str:
    """Identifies one form on one page, in its hidden field `form_id`: see `Form.idempotency_key`."""
    return secrets.token_urlsafe(12)


def build(model: type[M], **fields: Any) -> M:
    """Build a command. Raises `Invalid` with a fault for each field that is wrong."""
    try:
        return model(**fields)
    except ValidationError as error:
        raise of_validation(error) from None


@contextmanager
def shown_again(
    form: Form,
    page: Callable[[SpaceError], str | Response],
    *,
    names: Mapping[str, str] | None = None,
    passing: Collection[int] = (),
) -> Iterator[None]:
    """If the block raises a typed error, respond with the form as it was sent and the errors at its fields.

    `page` renders the response; it has the error's status and is not cached. `names` is that of `Form.refuse`. After a
    stale edit the form carries the newer revision, so that saving again works. An error whose status is in `passing`,
    and `Unavailable`, are raised as they are. A form that came through a sign-in is shown
    again and the block is not run.
    """
    if request.environ.get(RESUMED):
        form.resumed = True
        abort(make_response(page(SpaceError())))
    try:
        with idempotent(form.idempotency_key()):
            yield
    except Unavailable:
        raise
    except SpaceError as error:
        if error.status in passing:
            raise
        form.refuse(error, names)
        if "revision" in error.data:
            form.put("revision", error.data["revision"])
        response = make_response(page(error), error.status)
        response.headers["Cache-Control"] = "no-store"
        if seconds := error.params.get("seconds"):
            response.headers["Retry-After"] = str(seconds)
    else:
        return
    abort(response)


class Form:
    """The values of one form with the errors at its fields.

    `Form(request.form)` when it was sent, `Form.filled(title=…, tags=…)` when it is first shown. `names` in `refuse`
    maps fields of the command to fields of the form, where the names differ. `resumed`: shown again after signing in.
    """

    def __init__(self, values: ImmutableMultiDict[str, str] | MultiDict[str, str] | None = None) -> None:
        self._values: MultiDict[str, str] = MultiDict(values or {})
        self.errors: dict[str, list[str]] = {}
        self.summary: list[str] = []
        self.resumed = False

    @classmethod
    def filled(cls, **values: Any) -> Form:
        """A form with initial values; None leaves a field empty."""
        form = cls()
        for name, value in values.items():
            if isinstance(value, (list, tuple)):
                form._values.setlist(name, [str(one) for one in value])
            elif value is not None:
                form._values[name] = str(value)
        return form

    def put(self, name: str, value: object) -> None:
        """Set a field."""
        self._values[name] = str(value)

    def get(self, name: str, otherwise: str = "") -> str:
        """One value, with line ends as `\\n` (browsers send `\\r\\n`)."""
        return self._values.get(name, otherwise)[:LONGEST_VALUE].replace("\r\n", "\n")

    def has(self, name: str) -> bool:
        """Whether the field was sent, if only empty."""
        return name in self._values

    def text(self, name: str) -> str:
        """One value, stripped."""
        return self.get(name).strip()

    def optional(self, name: str) -> str | None:
        """One value, stripped; None if it is empty."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Every value of a field that may occur several times, without the empty ones."""
        return [value.strip() for value in self._values.getlist(name) if value.strip()]

    def words(self, name: str) -> list[str]:
        """A list typed into one field, separated by commas of any script, semicolons or line breaks."""
        found = self.get(name)
        for comma in "،、，;؛\n":
            found = found.replace(comma, ",")
        return list(dict.fromkeys(word.strip() for word in found.split(",") if word.strip()))

    def checked(self, name: str, value: str = "1") -> bool:
        """Whether a checkbox was checked."""
        return value in self._values.getlist(name)

    @property
    def valid(self) -> bool:
        """Whether there is no error."""
        return not self.errors and not self.summary

    def idempotency_key(self) -> str:
        """The same for the same form sent again with the same content, so that it is carried out once.

        `""` for a form without the field of `new_form_id`, and for a save in the background.
        """
        form_id = self._values.get(FORM_ID, "")
        if not _FORM_ID.fullmatch(form_id) or self.get("do") == "autosave":
            return ""
        digest = hashlib.sha256(repr(sorted(self._values.items(multi=True))).encode("utf-8", "surrogatepass"))
        for name, file in sorted(request.files.items()):
            digest.update(name.encode("utf-8", "surrogatepass"))
            digest.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
            file.stream.seek(0)
        return f"form {form_id} {digest.hexdigest()}"

    def refuse(self, error: SpaceError, names: Mapping[str, str] | None = None) -> None:
        """Add the faults of a service or a command's model to their fields, in the reader's language."""
        lang = request_context().language
        for fault in error.faults:
            field = fault.field.partition(".")[0]
            self.error((names or {}).get(field, field), fault_sentence(fault, lang))
        if not error.faults:
            self.summary.append(sentence(error.code, lang, error.params, error.kind))

    def error(self, field: str, text: str) -> None:
        """Add one error, given in words, to a field; `""` is the form as a whole."""
        if not field:
            self.summary.append(text)
        elif text not in self.errors.setdefault(field, []):
            self.errors[field].append(text)
