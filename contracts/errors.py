"""The errors that cross the bus. At the edge each becomes problem+json (RFC 9457) or a page that says what to do.

An error names what is wrong by a `code` (words joined by `-`); the gateway has a message for each code in every
language, so no service writes prose for people.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Fault(BaseModel):
    """One thing wrong with one field. `field` is the name in the command, `""` for the whole of it."""

    model_config = ConfigDict(frozen=True)

    field: str = ""
    code: str
    params: dict[str, str | int] = {}


class SpaceError(Exception):
    """Base of the typed errors. `params` fill the message; `data` is more for a program to read."""

    kind: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self,
        code: str = "",
        *,
        params: dict[str, str | int] | None = None,
        faults: list[Fault] | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self.code = code or self.kind
        self.params = params or {}
        self.faults = faults or []
        self.data = data or {}
        super().__init__(self.code)

    def __str__(self) -> str:
        details = [self.code, *(f"{fault.field}: {fault.code}" for fault in self.faults)]
        return "; ".join(details)

    def to_wire(self) -> dict[str, Any]:
        """The error as JSON for the bus."""
        return {
            "kind": self.kind,
            "code": self.code,
            "params": self.params,
            "faults": [fault.model_dump() for fault in self.faults],
            "data": self.data,
        }


class NotFound(SpaceError):
    """There is none, or none that this viewer may know of: the two are told alike on purpose."""

    kind = "not-found"
    status = 404


class Forbidden(SpaceError):
    """The viewer may see it but not do this."""

    kind = "forbidden"
    status = 403


class SignInNeeded(Forbidden):
    """A stranger asked for what needs an account."""

    kind = "sign-in-needed"
    status = 401


class Invalid(SpaceError):
    """The input is not right; `faults` say where and how."""

    kind = "invalid"
    status = 422


class Conflict(SpaceError):
    """It changed meanwhile, or a name is taken. A stale edit carries both texts in `data`: `yours`,
    `theirs`, `revision`."""

    kind = "conflict"
    status = 409


class TooMany(SpaceError):
    """A limit on rate or size is reached. `params["seconds"]`: how long to wait, where known."""

    kind = "too-many"
    status = 429


class Unavailable(SpaceError):
    """A service does not answer; nothing was done, or it is not known whether it was."""

    kind = "unavailable"
    status = 503


_KINDS: dict[str, type[SpaceError]] = {
    error.kind: error
    for error in (NotFound, Forbidden, SignInNeeded, Invalid, Conflict, TooMany, Unavailable)
}


def from_wire(wire: dict[str, Any]) -> SpaceError:
    """The typed error that `to_wire` wrote; an unknown kind (of a newer service) becomes `SpaceError`."""
    error = _KINDS.get(str(wire.get("kind")), SpaceError)
    return error(
        str(wire.get("code", "")),
        params=wire.get("params") or {},
        faults=[Fault.model_validate(fault) for fault in wire.get("faults") or []],
        data=wire.get("data") or {},
    )


def invalid(field: str, code: str, **params: str | int) -> Invalid:
    """An `Invalid` with a single fault."""
    return Invalid(faults=[Fault(field=field, code=code, params=params)])
