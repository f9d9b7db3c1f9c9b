"""Makes an administrator, and sets passwords, directly in the store of people: what can't be done over the web."""

from __future__ import annotations

from contracts.errors import NotFound
from contracts.people import Register
from contracts.validation import parse
from core.audience import STRANGER
from core.settings import Settings
from services.people import actions
from space.wiring import open_database


def make_administrator(settings: Settings, name: str, password: str) -> bool:
    """Make `name` an administrator. An account that does not exist yet is created with `password`; returns whether.

    Raises `Invalid` and `Conflict` as `register` of people does.
    """
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


def set_password(settings: Settings, name: str, password: str, without_second_factor: bool = False) -> None:
    """Set somebody's password and end their sessions and tokens; `without_second_factor` turns that off.

    Raises `NotFound`, and `Invalid` for a bad password.
    """
    database = open_database(settings, "people")
    try:
        with database.writing() as session:
            actions.set_password(session, name, password)
            if without_second_factor:
                actions.remove_second_factor_of(session, name)
    finally:
        database.close()
