"""What somebody takes along is all that any service stores of them, and nothing that is others'."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, cast

import pytest

from bus.service import Resources, make_service
from contracts.errors import Invalid, SignInNeeded
from core.audience import STRANGER, Viewer
from core.exporting import Section
from core.settings import Settings
from gateway.people.export_archive import archive
from gateway.services import Services as Clients
from services.blog import own_data as of_blog
from services.events import own_data as of_events
from services.forum import own_data as of_forum
from services.mail import own_data as of_mail
from services.notify import own_data as of_notify
from services.people import own_data as of_people
from space.wiring import service_class
from tests.unit.vanishing.harness import Services, all_services
from tests.unit.vanishing.world import World, fill

pytestmark = pytest.mark.slow

SECTIONS: dict[str, tuple[Section, ...]] = {
    "people": of_people.SECTIONS,
    "blog": of_blog.SECTIONS,
    "forum": of_forum.SECTIONS,
    "events": of_events.SECTIONS,
    "notify": of_notify.SECTIONS,
    "mail": of_mail.SECTIONS,
}
NOT_EXPORTED = {
    # Made of what is exported.
    *(
        "people.name_look_alike",
        "people.display_look_alike",
        "search.item",
        "search.author_name",
        "notify.post",
    ),
    *("notify.person", "notify.group_member", "notify.attendance", "notify.former_name", "notify.refusal"),
    # Secrets, and what is only there for a moment.
    *("people.account_link", "people.sign_in_challenge", "people.recovery_code", "notify.mail_waiting"),
    # Counts of mails.
    *("mail.mail_count", "mail.soft_bounce"),
    # Others' reports of them, and their texts as others saw them.
    *("people.moderation_case", "people.case_snapshot"),
    # How the services work: the logs say the same as the tables.
    *(
        f"{service}.{table}"
        for service in SECTIONS
        for table in ("event_log", "idempotency_key", "outbox_task")
    ),
}
"""The tables that have the person's id and are not exported, with the reason."""


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with all_services(request.param, tmp_path_factory.mktemp("services")) as services:
        yield fill(services)


def test_every_table_with_something_of_a_person_is_exported(world: World) -> None:
    person_id = world.quill.person_id or ""
    found = {
        f"{service}.{table}" for service, table, _, value in world.services.cells() if person_id in str(value)
    }
    exported = {
        f"{service}.{each.table.__tablename__}" for service, sections in SECTIONS.items() for each in sections
    }
    assert found - exported - NOT_EXPORTED == set()


def test_the_archive_has_all_that_they_left(world: World) -> None:
    files = unpacked(world, world.quill)
    text = json.dumps(files, ensure_ascii=False, default=str).casefold()
    for each in (
        *(
            "quillon",
            "oldquill",
            "fez quill",
            "quill@secret.example",
            "aboutquill",
            "placequill",
            "pronounquill",
            "websitequill",
            "labelquill",
        ),
        *(
            "draftquill",
            "unusedquill",
            "a post that stays",
            "an event that stays",
            "wikiquill",
            "searchquill",
            "rude!",
        ),
    ):
        assert each in text, each
    about = files["export.json"]
    assert (about["name"], about["id"], about["format"]) == ("Quillon", world.quill.person_id, 1)
    assert about["records"] == {
        name.removesuffix(".json"): len(records)
        for name, records in files.items()
        if name != "export.json" and not name.startswith("pictures/")
    }
    (picture,) = files["blog/pictures.json"]
    assert files[f"pictures/{picture['id']}.webp"] == b"picture"
    assert files["events/attendance.json"][0]["attending"] == "going"


def test_it_has_no_secret_and_nobody_who_decided(world: World) -> None:
    columns = {name for sections in SECTIONS.values() for each in sections for name in names_of(each)}
    assert not columns & {
        "password_hash",
        "token_hash",
        "secret",
        "code_hash",
        "key",
        "decided_by",
        "deleted_by",
    }
    assert "by_id" not in names_of(next(each for each in of_people.SECTIONS if each.file.endswith("on_you")))


def test_somebody_elses_archive_has_nothing_of_them(world: World) -> None:
    text = json.dumps(unpacked(world, world.other), ensure_ascii=False, default=str).casefold()
    for each in ("oldquill", "quill@", "aboutquill", "placequill", "labelquill", "draftquill", "unusedquill"):
        assert each not in text


@pytest.mark.parametrize("service", SECTIONS)
def test_it_needs_somebody_and_a_cursor(world: World, service: str) -> None:
    client: Any = clients(world.services)[service]
    with pytest.raises(SignInNeeded):
        client.export_of(STRANGER, None, 10)
    with pytest.raises(Invalid):
        client.export_of(world.quill, "x", 10)


@pytest.mark.parametrize("service", SECTIONS)
def test_pages_of_any_size_have_the_same_records(world: World, service: str) -> None:
    client: Any = clients(world.services)[service]
    expected = client.export_of(world.quill, None, 100).items
    found, after = [], None
    while True:
        page = client.export_of(world.quill, after, 1)
        found += page.items
        if (after := page.next) is None:
            break
    assert found == expected


def names_of(section: Section) -> set[str]:
    return {column.name for column in section.columns}


def clients(services: Services) -> dict[str, Any]:
    nowhere = cast(Settings, None)  # reading needs no settings
    return {
        name: make_service(service_class(name), Resources(nowhere, database))
        for name, database in services.databases.items()
    }


def unpacked(world: World, viewer: Viewer) -> dict[str, Any]:
    """The files of somebody's archive: records, or a picture's bytes."""
    data = b"".join(archive(Clients(**clients(world.services)), viewer))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist()[-1] == "export.json"
        return {
            name: json.loads(packed.read(name)) if name.endswith(".json") else packed.read(name)
            for name in packed.namelist()
        }
