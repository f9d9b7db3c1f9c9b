"""Keeps forms for an hour, each for one browser."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contracts.kept_forms import KeepForm
from core import clock
from core.audience import Viewer
from services.people import access_rules
from services.people.actions import tries
from services.people.wiki_tables import KeptForm


def keep_form(session: Session, viewer: Viewer, command: KeepForm) -> None:
    """Keep a form, and delete those whose time is over. Raises `TooMany("forms-too-many")`."""
    tries.count_kept_form(session)
    purge_forms(session)
    expires_at = clock.now() + access_rules.KEPT_FORM_LIFE
    session.merge(KeptForm(key=command.key, sealed=command.sealed, expires_at=expires_at))
    session.flush()


def take_form(session: Session, key: str) -> str | None:
    """A kept form, once."""
    taken = delete(KeptForm).where(KeptForm.key == key, KeptForm.expires_at > clock.now())
    return session.scalar(taken.returning(KeptForm.sealed))


def purge_forms(session: Session) -> None:
    """Delete forms whose time is over."""
    over = select(KeptForm.key).where(KeptForm.expires_at <= clock.now()).with_for_update(skip_locked=True)
    session.execute(delete(KeptForm).where(KeptForm.key.in_(over)))
