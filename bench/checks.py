"""`python -m bench.checks`: what it costs to ask who may see what: of a topic's page, and for who is in many groups.

All services and the gateway run in this process: a page is made anew for each request, or kept. CPU time of this thread
is measured, not time by the clock, and the readers take turns, so that other programs and a machine that slows down
change little.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import tempfile
from pathlib import Path
from time import thread_time
from typing import cast

import click
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from contracts.forum import CreatePost, CreateTopic
from contracts.people import CreateGroup, PeopleApi, Register
from core.audience import STRANGER, Role, Viewer
from core.settings import SERVICES, Settings
from gateway.app import create_app
from gateway.known_viewers import Kind, KnownViewers
from services.forum.actions.categories import set_category
from services.people.tables import Member
from space.local import LocalSystem

ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset(cast(list[Role], ["administrator"])))
PASSWORD = "a password for measuring"
REPLIES = 20
GROUPS = (0, 5, 500)
WARM = 20
"""So many pages are opened before the first that counts."""

MODULES = (
    "core/audience.py",
    "core/power_rows.py",
    "services/shared/authorisation.py",
    "services/shared/powers.py",
)
"""Where it is decided who may do and see what, beside each service's `rules.py`."""


@click.command()
@click.option("--rounds", default=400, help="How often each reader opens the page.")
def main(rounds: int) -> None:
    """Measure, and print a line for each reader and the share of the checks."""
    with tempfile.TemporaryDirectory() as folder:
        system = _system(Path(folder))
        people = {groups: _member(system, f"Reader{groups}", groups) for groups in GROUPS}
        path = _topic(system)
        made = _readers(system, people, keep_pages=False)
        for name, readers in (("made", made), ("kept", _readers(system, people, keep_pages=True))):
            times = _in_turns(readers, path, rounds)
            for groups, each in times.items():
                ratio = each / times[0]
                click.echo(
                    f"{name}, in {groups:>3} groups{each:8.2f} ms of CPU{ratio:8.1%} of who is in none"
                )
        click.echo(f"checks: at most {_share(made[5], path, rounds):.1%} of a page that is made")


class _Known:
    """Whose each session is, asked for once."""

    def __init__(self) -> None:
        self._found: dict[str, Viewer | None] = {}

    def viewer(self, kind: Kind, token: str, people: PeopleApi) -> Viewer | None:
        """As `KnownViewers.viewer`."""
        if token not in self._found:
            self._found[token] = people.viewer_of_session(STRANGER, token)
        return self._found[token]


def _readers(system: LocalSystem, tokens: dict[int, str], *, keep_pages: bool) -> dict[int, FlaskClient]:
    """A browser for each of these sessions, at a gateway of its own. That makes each page anew, or keeps them; whose a
    session is it keeps in both cases, as one that runs does."""
    app = create_app(system.settings, system.services, keep_pages=keep_pages)
    if not keep_pages:
        app.extensions["space.known_viewers"] = cast(KnownViewers, _Known())
    clients = {}
    for groups, token in tokens.items():
        clients[groups] = app.test_client()
        clients[groups].set_cookie("space_session", token, domain="space.test")
    return clients


def _in_turns(readers: dict[int, FlaskClient], path: str, rounds: int) -> dict[int, float]:
    """The median of what the page takes each of them."""
    times: dict[int, list[float]] = {groups: [] for groups in readers}
    for number in range(rounds + WARM):
        for groups, client in readers.items():
            taken = _open(client, path)
            if number >= WARM:
                times[groups].append(taken)
    return {groups: statistics.median(each) for groups, each in times.items()}


def _system(home: Path) -> LocalSystem:
    settings = Settings.from_environment({"SPACE_HOME": str(home), "SPACE_BASE_URL": "http://space.test"})
    databases = {name: f"sqlite:///{home}/{name}.sqlite" for name in SERVICES}
    system = LocalSystem(settings.model_copy(update={"databases": databases, "rate_limits": False}))
    with system.databases["forum"].writing() as session:
        set_category(session, ROOT, "help", "en", {"en": ("Help", "Ask here")})
    return system


def _member(system: LocalSystem, name: str, groups: int) -> str:
    """The session of somebody who is in so many groups."""
    people = system.services.people
    signed_in = people.register(STRANGER, Register(name=name, password=PASSWORD))
    person_id = signed_in.viewer.person_id or ""
    founder = ROOT.model_copy(update={"person_id": person_id})
    made = [
        people.create_group(
            founder,
            CreateGroup(slug=f"{name.lower()}-{number}", kind="closed", language="en", name=f"G{number}"),
        ).id
        for number in range(groups)
    ]
    with system.databases["people"].writing() as session:
        _as_members(session, person_id, made)
    system.drain()
    return signed_in.token


def _as_members(session: Session, person_id: str, groups: list[str]) -> None:
    """Let a person be a member, and no moderator, of these groups."""
    mine = (Member.person_id == person_id, Member.group_id.in_(groups))
    session.execute(update(Member).where(*mine).values(state="member"))


def _topic(system: LocalSystem) -> str:
    """A topic with replies; returns its path."""
    author = system.services.people.register(STRANGER, Register(name="Author", password=PASSWORD)).viewer
    forum = system.services.forum
    topic = forum.create_topic(
        author, CreateTopic(language="en", title="Which maps?", body="Tell us.", category="help")
    )
    for number in range(REPLIES):
        forum.create_post(author, topic.id, CreatePost(body=f"This one, number {number}, with *some* words."))
    system.drain()
    return f"/talk/t/{topic.id}/{topic.slug}"


def _open(client: FlaskClient, path: str) -> float:
    """The milliseconds of CPU that the page takes."""
    started = thread_time()
    answer = client.get(path, base_url="http://space.test")
    taken = (thread_time() - started) * 1000
    if answer.status_code != 200:
        raise click.ClickException(f"{path} answers {answer.status_code}")
    return taken


def _share(client: FlaskClient, path: str, rounds: int) -> float:
    """The share of the page's time that is spent in checks, by a profiler: more than it is, since that slows short
    functions the most."""
    profile = cProfile.Profile(thread_time)
    profile.enable()
    for _ in range(rounds):
        _open(client, path)
    profile.disable()
    stats = pstats.Stats(profile)
    checks = 0.0
    for (file, _, _), (*_, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if _decides(file):
            checks += sum(times[3] for (caller, _, _), times in callers.items() if not _decides(caller))
    total: float = stats.total_tt  # type: ignore[attr-defined]
    return checks / total


def _decides(file: str) -> bool:
    return file.endswith(("/rules.py", *MODULES))


if __name__ == "__main__":
    main()
