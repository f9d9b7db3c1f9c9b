"""The `space` command. Exit codes: 0 done, 1 it failed, 2 called in a wrong way, 3 something that runs is not well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from core.settings import SERVICES, Settings, SettingsError

P = ParamSpec("P")
R = TypeVar("R")


def _plainly(function: Callable[P, R]) -> Callable[P, R]:
    """What goes wrong outside the program is one clear line, not a traceback."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error

    return run


def _starting() -> None:
    """Say so at once: loading everything takes a few seconds."""
    click.echo("Starting Space …")
    sys.stdout.flush()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Space: a movement's news, talk and events in one place.

    Settings come from the environment (SPACE_HOME, PORT, SPACE_BUS_URL, …); see docs/operate.md.

    Exit codes: 0 done, 1 it failed, 2 called in a wrong way, 3 something that runs is not well.
    """


@main.command()
@click.option("--demo/--no-demo", default=True, help="Lay in the demo community when the house is new.")
@_plainly
def up(demo: bool) -> None:
    """Run everything in this one process."""
    _starting()
    from space.run import run_embedded

    run_embedded(Settings.from_environment(), demo)


@main.command()
@click.argument("rooms", nargs=-1, required=True, type=click.Choice([*SERVICES, "gateway"]))
@_plainly
def run(rooms: tuple[str, ...]) -> None:
    """Run one or more ROOMS in this process; the others run elsewhere on the same bus."""
    from space.run import run_components

    settings = Settings.from_environment()
    if not settings.distributed:
        raise click.ClickException(
            "SPACE_BUS_URL is not set: rooms in processes of their own need a broker (amqp://…)."
        )
    run_components(settings, rooms)


@main.command()
@click.option("--demo/--no-demo", default=True, help="Lay in the demo community when the house is new.")
@_plainly
def distributed(demo: bool) -> None:
    """Run every room as a process of its own on this machine, until Ctrl-C."""
    _starting()
    from space.supervise import run_distributed

    settings = Settings.from_environment()
    if not settings.distributed:
        raise click.ClickException(
            "SPACE_BUS_URL is not set: start a broker first, or use `make run-distributed`."
        )
    sys.exit(run_distributed(settings, demo))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_plainly
def status(as_json: bool) -> None:
    """Show each room: whether it runs, its store, and its place in each log."""
    from space.status import render, system_status

    lines = system_status(Settings.from_environment())
    click.echo(json.dumps([line.model_dump() for line in lines], indent=2) if as_json else render(lines))
    if any(line.trouble for line in lines):
        sys.exit(3)


@main.group()
def parked() -> None:
    """Subjects whose events a handler could not take, and effects (such as mail) that failed."""


@parked.command("list")
@_plainly
def parked_list() -> None:
    """List what waits for a retry and what is parked, with its error."""
    from space.parking import effects_that_failed, held_subjects

    settings = Settings.from_environment()
    rows, effects = held_subjects(settings), effects_that_failed(settings)
    for row in rows:
        click.echo(
            f"{row.service}  {row.producer}  {row.subject}  {row.state}  {row.events} event(s)  {row.error}"
        )
    for effect in effects:
        behind = f"  {effect.behind} behind it" if effect.behind else ""
        click.echo(
            f"{effect.service}  {effect.kind}  {effect.subject}  {effect.state}  1 effect{behind}  {effect.error}"
        )
    if not rows and not effects:
        click.echo("Nothing is held.")


@parked.command("retry")
@click.argument("subject", required=False)
@click.option("--all", "everything", is_flag=True, help="Every parked subject.")
@_plainly
def parked_retry(subject: str | None, everything: bool) -> None:
    """Try SUBJECT (such as `topic/0abc…`) again, at once."""
    from space.parking import retry

    if bool(subject) == everything:
        raise click.UsageError("Name one SUBJECT, or say --all.")
    subjects, effects = retry(Settings.from_environment(), subject)
    click.echo(f"{subjects} subject(s) and {effects} effect(s) will be tried again.")


@parked.command("drop")
@click.argument("subject")
@click.option("--reason", required=True, help="Why they may be lost; it is logged.")
@click.confirmation_option(
    prompt="What its events do will be missing until a rebuild, and mail that failed is lost for good. Drop them?"
)
@_plainly
def parked_drop(subject: str, reason: str) -> None:
    """Give up the held events and the failed effects of SUBJECT."""
    from space.parking import drop

    events, effects = drop(Settings.from_environment(), subject, reason)
    click.echo(f"{events} event(s) and {effects} effect(s) dropped.")


@main.command()
@click.argument("what", type=click.Choice(SERVICES))
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on with a rebuild that was stopped.")
@_plainly
def rebuild(what: str, fresh: bool) -> None:
    """Make anew what the service WHAT derives from others' logs, while the old copy serves.

    Ctrl-C stops it; the next call goes on where it was.
    """
    from space.rebuild import CannotRebuild, rebuild_service

    settings = Settings.from_environment()
    try:
        with click.progressbar(length=1, label=f"Rebuilding {what}", show_pos=True) as bar:
            events = rebuild_service(settings, what, fresh, bar)
    except CannotRebuild as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{what} is rebuilt from {events} event(s).")


@main.command()
@click.option(
    "--scale", type=click.IntRange(1, 2500), default=1, help="Multiply topics and posts this often."
)
@_plainly
def demo(scale: int) -> None:
    """Lay the demo community into a new house."""
    from space.demo.load import lay_in

    lay_in(Settings.from_environment(), scale)


@main.command()
@click.argument("name")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="SPACE_ADMIN_PASSWORD"
)
@_plainly
def admin(name: str, password: str) -> None:
    """Make NAME an administrator; an account that isn't there yet is made with the password."""
    from contracts.errors import SpaceError
    from space.admin import make_administrator

    try:
        made = make_administrator(Settings.from_environment(), name, password)
    except SpaceError as error:
        raise click.ClickException(f"That can't be done: {error}.") from error
    click.echo(f"{name} is an administrator{' with a new account' if made else ''}.")


@main.command()
@_plainly
def check() -> None:
    """Check the settings, that the stores can be opened, and that nothing of the set-up is missing."""
    from space.status import check_system

    problems = check_system(Settings.from_environment())
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    click.echo("All is well.")
