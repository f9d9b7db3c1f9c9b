"""The first administrator: made on the machine, never over the web."""

from __future__ import annotations

from contracts.errors import NotFound
from contracts.people import Register
from contracts.validation import parse
from core.audience import STRANGER
from core.settings import Settings
from services.people import actions
from space.wiring import open_database


def make_administrator(settings: Settings, name: str, password: str) -> bool:
    """Make `name` an administrator; returns whether the account was made anew (with `password`). Raises
    `Invalid`, `Conflict`."""
    database = open_database(settings, "people")
    try:
        with database.writing() as session:
            try:
                actions.make_administrator(session, name)
                return False
            except NotFound:
                actions.register(session, STRANGER, parse(Register, {"name": name, "password": password}))
                actions.make_administrator(session, name)
                return True
    finally:
        database.close()
