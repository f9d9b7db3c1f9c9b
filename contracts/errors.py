"""The errors that calls raise across the bus. The gateway shows them as problem+json (RFC 9457) or as a page.

An error has a `code` (words joined by `-`). The gateway has the message for each code, in every language; services
write no texts for people.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Fault(BaseModel):
    """One problem of one field of a command. `field` is its name, `""` for the command as a whole."""

    model_config = ConfigDict(frozen=True)

    field: str = ""
    code: str
    params: dict[str, str | int] = {}


class SpaceError(Exception):
    """Base of the typed errors. `params` are the parameters of the message; `data` is further data for programs."""

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
    """The item does not exist, or the viewer may not know of it: the two can't be told apart, on purpose."""

    kind = "not-found"
    status = 404


class Forbidden(SpaceError):
    """The viewer may see the item but not do this with it."""

    kind = "forbidden"
    status = 403


class SignInNeeded(Forbidden):
    """The viewer must sign in for this."""

    kind = "sign-in-needed"
    status = 401


class Invalid(SpaceError):
    """The input is invalid; `faults` say where and why."""

    kind = "invalid"
    status = 422


class Conflict(SpaceError):
    """The item changed meanwhile, or a name is taken. For an edit of an old revision `data` has both texts: `yours`,
    `theirs`, and the current `revision`."""

    kind = "conflict"
    status = 409


class TooMany(SpaceError):
    """A limit on rate or number is reached. `params["seconds"]` is how long to wait, if known."""

    kind = "too-many"
    status = 429


class Unavailable(SpaceError):
    """A service can't be reached or does not reply: nothing was done, or it is not known whether it was."""

    kind = "unavailable"
    status = 503


_KINDS: dict[str, type[SpaceError]] = {
    error.kind: error
    for error in (NotFound, Forbidden, SignInNeeded, Invalid, Conflict, TooMany, Unavailable)
}


def from_wire(wire: dict[str, Any]) -> SpaceError:
    """The typed error of its JSON form by `to_wire`; an unknown kind (of a newer service) becomes `SpaceError`."""
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
