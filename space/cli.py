"""The `space` command. Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a component has a problem."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from core.settings import SERVICES, Settings, SettingsError
from space import private_files

P = ParamSpec("P")
R = TypeVar("R")


def _plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Show a `SettingsError` as one line instead of a traceback."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error

    return run


def _starting() -> None:
    """Print a line at once, since loading everything takes a few seconds."""
    click.echo("Starting Space …")
    sys.stdout.flush()


def _hold_back_collections() -> None:
    """Collect no garbage until the process runs: loading makes hundreds of thousands of objects that stay, and looking
    for garbage among them again and again would be a sixth of a start's work."""
    gc.disable()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Space: a movement's news, discussions and events in one place.

    Settings come from the environment (SPACE_HOME, PORT, SPACE_BUS_URL, …); see docs/operate.md.

    Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a component has a problem.
    """
    private_files.set_umask()


@main.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo community when the system is new.")
@_plainly
def up(demo: bool) -> None:
    """Run everything in this one process."""
    _starting()
    _hold_back_collections()
    from space.run import run_embedded

    run_embedded(Settings.from_environment(), demo)


@main.command()
@click.argument("components", nargs=-1, required=True, type=click.Choice([*SERVICES, "gateway"]))
@_plainly
def run(components: tuple[str, ...]) -> None:
    """Run one or more COMPONENTS in this process; the others run in other processes on the same bus."""
    _hold_back_collections()
    from space.run import run_components

    settings = Settings.from_environment()
    if not settings.distributed:
        raise click.ClickException(
            "SPACE_BUS_URL is not set: components in separate processes need a broker (amqp://…)."
        )
    run_components(settings, components)


@main.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo community when the system is new.")
@_plainly
def distributed(demo: bool) -> None:
    """Run every component as a separate process on this machine, until Ctrl-C."""
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
    """Show for each component whether it runs, its store, its offset in each log, and its outbox."""
    from space.status import render, system_status

    lines = system_status(Settings.from_environment())
    click.echo(json.dumps([line.model_dump() for line in lines], indent=2) if as_json else render(lines))
    if any(line.problem for line in lines):
        sys.exit(3)


@main.group()
def parked() -> None:
    """Events whose handler failed, and outbox tasks (such as mail) that failed."""


@parked.command("list")
@_plainly
def parked_list() -> None:
    """List what is being retried and what is dead-lettered, with the errors."""
    from space.failures import failed_events, failed_tasks

    settings = Settings.from_environment()
    events, tasks = failed_events(settings), failed_tasks(settings)
    for service, each in events:
        line = (
            f"{service}  {each.group}  {each.subject}  {each.state}  {each.behind + 1} event(s)  {each.error}"
        )
        click.echo(line)
    for service, each in tasks:
        behind = f"  {each.behind} behind it" if each.behind else ""
        click.echo(f"{service}  {each.group}  {each.subject}  {each.state}  1 task{behind}  {each.error}")
    if not events and not tasks:
        click.echo("Nothing failed.")


@parked.command("retry")
@click.argument("subject", required=False)
@click.option("--all", "everything", is_flag=True, help="Every subject that failed.")
@_plainly
def parked_retry(subject: str | None, everything: bool) -> None:
    """Retry what failed of SUBJECT (such as `topic/0abc…`) now."""
    from space.failures import retry

    if bool(subject) == everything:
        raise click.UsageError("Name one SUBJECT, or use --all.")
    subjects, tasks = retry(Settings.from_environment(), subject)
    click.echo(f"{subjects} subject(s) and {tasks} task(s) will be retried.")


@parked.command("drop")
@click.argument("subject")
@click.option("--reason", required=True, help="Why; it is logged.")
@click.confirmation_option(
    prompt="The effects of its events will be missing until a rebuild, and failed mail is lost for ever. Drop them?"
)
@_plainly
def parked_drop(subject: str, reason: str) -> None:
    """Give up the failed events and tasks of SUBJECT."""
    from space.failures import drop

    events, tasks = drop(Settings.from_environment(), subject, reason)
    click.echo(f"{events} event(s) and {tasks} task(s) dropped.")


@main.command()
@click.argument("what", type=click.Choice(SERVICES))
@click.option(
    "--fresh", is_flag=True, help="Start from the beginning instead of continuing an interrupted rebuild."
)
@_plainly
def rebuild(what: str, fresh: bool) -> None:
    """Rebuild what the service WHAT derives from other services' logs, while the live copy stays in use.

    Ctrl-C interrupts it; the next call continues.
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
    """Load the demo community into a new system."""
    from space.demo.load import load_demo

    load_demo(Settings.from_environment(), scale)


@main.command()
@_plainly
def recook() -> None:
    """Renew the HTML that is stored with texts, after an upgrade whose notes say so.

    Space may run meanwhile. Ctrl-C interrupts it, and the next call continues.
    """
    from space.recook import recook_all

    total = recook_all(Settings.from_environment(), lambda name, number: click.echo(f"{name}: {number} …"))
    click.echo(f"{total} text(s) renewed.")


@main.command()
@click.argument("name")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="SPACE_ADMIN_PASSWORD"
)
@_plainly
def admin(name: str, password: str) -> None:
    """Make NAME an administrator; an account that does not exist yet is created with the password."""
    from contracts.errors import SpaceError
    from space.admin import make_administrator

    try:
        made = make_administrator(Settings.from_environment(), name, password)
    except SpaceError as error:
        raise click.ClickException(f"That can't be done: {error}.") from error
    click.echo(f"{name} is an administrator{' with a new account' if made else ''}.")


@main.command()
@click.argument("name")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="SPACE_NEW_PASSWORD"
)
@click.option(
    "--without-second-factor", is_flag=True, help="Also turn the second factor off, which they have lost."
)
@_plainly
def password(name: str, password: str, without_second_factor: bool) -> None:
    """Set the password of NAME, whose sessions and tokens end: where no mail can bring a link."""
    from contracts.errors import SpaceError
    from space.admin import set_password

    try:
        set_password(Settings.from_environment(), name, password, without_second_factor)
    except SpaceError as error:
        raise click.ClickException(f"That can't be done: {error}.") from error
    click.echo(f"The password of {name} is set.")


@main.command()
@click.argument("address", required=False)
@click.option("--last", default=3, show_default=True, help="Without ADDRESS: how many mails to show.")
@_plainly
def mail(address: str | None, last: int) -> None:
    """Send a test mail to ADDRESS, at once, as mail about accounts is sent, and say what became of it.

    Without ADDRESS, show the last mails that were written to SPACE_HOME/mail, where no server is set: with their links,
    so that a sign-up can be confirmed.
    """
    from space.mail import MailNotSent, last_mails, send_test_mail

    if address is None:
        click.echo(last_mails(Settings.from_environment(), last))
        return
    try:
        click.echo(send_test_mail(Settings.from_environment(), address))
    except MailNotSent as error:
        raise click.ClickException(str(error)) from error


@main.command("mail-in")
@click.argument("recipient")
@click.option(
    "--sender", required=True, help="The sender of the envelope, '' for none: then a machine wrote it."
)
def mail_in(recipient: str, sender: str) -> None:
    """Take a mail to RECIPIENT from standard input, from a mail server that hands it over by a pipe.

    Exit codes are those of sysexits.h: 0 it is on disk, 65 too large, 67 no such address, 75 try again, 78 wrong
    settings.
    """
    from space.mail_in import NOT_SET_UP, take_mail

    try:
        code, said = take_mail(Settings.from_environment(), sys.stdin.buffer, sender, recipient)
    except SettingsError as error:
        code, said = NOT_SET_UP, str(error)
    if said:
        click.echo(said, err=True)
    sys.exit(code)


@main.command()
@click.argument("component", type=click.Choice([*SERVICES, "gateway", "operator"]))
@_plainly
def keys(component: str) -> None:
    """Print the settings that give COMPONENT a key of its own to sign calls, in place of SPACE_SECRET_KEY.

    They are secret. See docs/operate.md.
    """
    from bus.rpc.keys import environment

    for name, value in environment(Settings.from_environment(), component).items():
        click.echo(f"{name}={value}")


@main.command()
@_plainly
def check() -> None:
    """Check the settings, the stores and the installation."""
    from space.status import check_system

    problems = check_system(Settings.from_environment())
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    click.echo("All is well.")
