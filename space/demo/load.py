"""Loads the demo community into a new system."""

from __future__ import annotations

import gc
from pathlib import Path

import click
from sqlalchemy import make_url

from bus.outbox.tasks import as_done
from core import clock
from core.audience import Viewer
from core.settings import Settings
from services.notify import actions as notify
from services.shared.limits import without_limits
from space.demo import blog, community, copies, events, forum
from space.demo.context import SYSTEM, DemoContext, DemoUsers, writing
from space.demo.passwords import ACCOUNTS
from space.local import LocalSystem

KEPT_UNREAD = 4
"""The number of unread notifications that each account starts with."""


def load_demo_if_new(settings: Settings) -> None:
    """Migrate every store, and load the demo if nobody has signed up yet, or if loading it was interrupted."""
    if _unfinished(settings).exists():
        start_over(settings)
    # A local system migrates every store as it opens it.
    system = LocalSystem(settings)
    try:
        empty = not system.services.people.people(SYSTEM, None, 1).items
    finally:
        system.close()
    if empty:
        load_demo(settings, scale=1)


def load_demo(settings: Settings, scale: int) -> None:
    """Write the demo, with topics and posts `scale` times, and apply every event. Prints its progress."""
    system = LocalSystem(settings)
    try:
        if system.services.people.people(SYSTEM, None, 1).items:
            raise click.ClickException("There are people here already; the demo is for a new system.")
        # A first start has held it back: loading takes longer, and makes much garbage.
        gc.enable()
        click.echo("Loading the demo community …")
        _unfinished(settings).touch()
        with without_limits():
            _write(system, scale)
        _unfinished(settings).unlink()
    finally:
        system.close()


def _write(system: LocalSystem, scale: int) -> None:
    context = DemoContext(system, scale, clock.now(), DemoUsers(system))
    community.write_people(context)
    community.write_groups(context)
    community.write_categories(context)
    blog.write_articles(context)
    forum.write_topics(context)
    events.write_events(context)
    community.write_follows(context)
    _drain(system, "applying all events")
    blog.write_comments(context)
    _drain(system, "applying comments")
    _read_old_notifications(context)
    copies.write_copies(context)


def _drain(system: LocalSystem, label: str) -> None:
    # Outbox tasks count as done: nobody must be sent mail about the past.
    with as_done(), click.progressbar(length=max(system.unapplied(), 1), label=f"  {label:<20}") as bar:
        system.drain(bar.update)


def _read_old_notifications(context: DemoContext) -> None:
    with writing(context.system.databases["notify"]) as write:
        for name in ACCOUNTS:
            viewer = context.users.viewer(name)
            # The list is newest first, so the first ones of every page stay unread.
            while old := unread(context.system, viewer)[KEPT_UNREAD:]:
                write(context.now, notify.mark_read, viewer, old)
                write.commit()


def unread(system: LocalSystem, viewer: Viewer) -> list[str]:
    """The ids of the newest unread notifications, up to a hundred."""
    return [one.id for one in system.services.notify.notifications(viewer, True, None, 100).items]


def _unfinished(settings: Settings) -> Path:
    return settings.home / "demo-unfinished"


def start_over(settings: Settings) -> None:
    """Delete the stores: nobody has used the system before its demo was complete."""
    urls = [make_url(url) for url in settings.databases.values()]
    if any(url.get_backend_name() != "sqlite" for url in urls):
        raise click.ClickException(
            "Loading the demo was interrupted. Empty the databases and start again, or start with --no-demo."
        )
    for url in urls:
        for ending in ("", "-wal", "-shm"):
            Path(f"{url.database}{ending}").unlink(missing_ok=True)
    _unfinished(settings).unlink()
