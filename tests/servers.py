"""Servers and the browser for tests: where they are, and what happens where they are not.

`make test` starts RabbitMQ, PostgreSQL and Elasticsearch and says where they are in the environment. Run by hand::

    .venv/bin/python -m deploy.servers run --tests -- .venv/bin/pytest tests/bus

A missing server skips a test with the reason on one's own machine, and fails it in CI (``CI=true``).
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from deploy.servers import Servers

HOW = "run `make test`, or give pytest to `python -m deploy.servers run --tests -- …`"


def missing(what: str, how: str) -> NoReturn:
    """Leave the test: skipped where a person runs it, failed in CI, where everything has to be there."""
    reason = f"{what} is not there: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def from_environment(name: str, what: str) -> str:
    value = os.environ.get(name)
    if not value:
        missing(what, HOW)
    return value


def bus_url() -> str:
    """Return the ``amqp://`` URL of the tests' RabbitMQ, or skip or fail the test."""
    return from_environment("SPACE_TEST_BUS_URL", "RabbitMQ")


def postgres_url() -> str:
    """Return the SQLAlchemy URL of the tests' PostgreSQL, of an empty database for administration only."""
    return from_environment("SPACE_TEST_POSTGRES_URL", "PostgreSQL")


def search_url() -> str:
    """Return the URL of the tests' Elasticsearch, or skip or fail the test."""
    return from_environment("SPACE_TEST_SEARCH_URL", "Elasticsearch")


@contextmanager
def tablespace(folder: Path) -> Iterator[str]:
    """Let PostgreSQL keep files in the empty `folder`, give the tablespace's name, and drop it once it is empty."""
    from sqlalchemy import NullPool, create_engine, text

    name = f"test_{secrets.token_hex(6)}"
    owner = servers().database.folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    engine = create_engine(postgres_url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE TABLESPACE {name} LOCATION '{folder}'"))
        try:
            yield name
        finally:
            with engine.connect() as connection:
                connection.execute(text(f"DROP TABLESPACE {name}"))
    finally:
        engine.dispose()


@contextmanager
def fresh_database(tablespace: str = "") -> Iterator[str]:
    """Make an empty PostgreSQL database, give its SQLAlchemy URL, and drop it, whoever is still connected.

    Its files are in `tablespace`, where one is named.
    """
    # Imported here, so that a test process may let eventlet patch the standard library before.
    from sqlalchemy import NullPool, create_engine, make_url, text

    url = make_url(postgres_url())
    name = f"test_{secrets.token_hex(6)}"
    # No pool: the test may restart the server.
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            where = f" TABLESPACE {tablespace}" if tablespace else ""
            connection.execute(text(f"CREATE DATABASE {name}{where}"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def servers() -> Servers:
    """Return the handle that kills, wipes and restarts the tests' own servers."""
    return Servers.load(Path(from_environment("SPACE_TEST_SERVERS", "a test server")))


def chromium() -> str:
    """Return the path of Chromium, for Playwright's ``executable_path``, or skip or fail the test."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("Chromium", "run `make setup-servers`")
    return path


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end; one that has not done so within half a minute is killed."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
