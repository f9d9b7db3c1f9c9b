"""Laying the demo community into a new house."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import make_url

from core import clock
from core.audience import Viewer
from core.settings import Settings
from services.notify import actions as notify
from space.demo import calendar, community, news, talk
from space.demo.context import SYSTEM, Cast, Stage, writing
from space.demo.passwords import ACCOUNTS
from space.local import LocalSystem

KEPT_UNREAD = 4
"""How many notifications each account still has to read, as somebody who looks in every few days."""


def lay_in_if_new(settings: Settings) -> None:
    """Migrate every store, and lay in the demo when nobody has signed up yet, or when laying in was interrupted."""
    if _unfinished(settings).exists():
        _start_over(settings)
    # A local house migrates every store as it opens it.
    house = LocalSystem(settings)
    try:
        empty = not house.services.people.people(SYSTEM, None, 1).items
    finally:
        house.close()
    if empty:
        lay_in(settings, scale=1)


def lay_in(settings: Settings, scale: int) -> None:
    """Write the demo, topics and posts `scale` times, and let every event take effect. Shows its progress."""
    house = LocalSystem(settings)
    try:
        if house.services.people.people(SYSTEM, None, 1).items:
            raise click.ClickException("There are people here already; the demo is for a new house.")
        click.echo("Laying in the demo community …")
        _unfinished(settings).touch()
        _write(house, scale)
        _unfinished(settings).unlink()
    finally:
        house.close()


def _write(house: LocalSystem, scale: int) -> None:
    stage = Stage(house, scale, clock.now(), Cast(house))
    community.write_people(stage)
    community.write_groups(stage)
    community.write_categories(stage)
    news.write_articles(stage)
    talk.write_topics(stage)
    calendar.write_events(stage)
    community.write_follows(stage)
    _settle(house, "telling every room")
    news.write_comments(stage)
    _settle(house, "telling of comments")
    _read_old_notifications(stage)


def _settle(house: LocalSystem, label: str) -> None:
    with click.progressbar(length=max(house.unapplied(), 1), label=f"  {label:<20}") as bar:
        house.settle(bar.update)


def _read_old_notifications(stage: Stage) -> None:
    with writing(stage.house.databases["notify"]) as write:
        for name in ACCOUNTS:
            viewer = stage.cast.viewer(name)
            # The newest come first, so what is to stay unread heads every page.
            while old := unread(stage.house, viewer)[KEPT_UNREAD:]:
                write(stage.now, notify.mark_read, viewer, old)
                write.commit()


def unread(house: LocalSystem, viewer: Viewer) -> list[str]:
    """The ids of the newest unread notifications, up to a hundred."""
    return [one.id for one in house.services.notify.notifications(viewer, True, None, 100).items]


def _unfinished(settings: Settings) -> Path:
    return settings.home / "demo-unfinished"


def _start_over(settings: Settings) -> None:
    """Nobody has used a house whose demo was never finished, so what was written of it can go."""
    urls = [make_url(url) for url in settings.databases.values()]
    if any(url.get_backend_name() != "sqlite" for url in urls):
        raise click.ClickException(
            "Laying in the demo was interrupted. Empty the databases and start again, or start with --no-demo."
        )
    for url in urls:
        for ending in ("", "-wal", "-shm"):
            Path(f"{url.database}{ending}").unlink(missing_ok=True)
    _unfinished(settings).unlink()
