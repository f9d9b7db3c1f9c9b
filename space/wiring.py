"""The composition root: the only place where services and the gateway are connected."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bus.mail.delivery import Mailer
from bus.push.delivery import Pusher, PushSender
from bus.rpc.client import RpcClient
from bus.service import Service
from contracts.blog import BlogApi
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.mail_in import MailInApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from contracts.search import SearchApi
from core.database import Database
from core.settings import SERVICES, Settings, SettingsError
from gateway.services import EventListener, Services

Api = TypeVar("Api")


class Client(Protocol):
    """Returns an object of the type `api` that calls a service."""

    def __call__(self, api: type[Api], service: str, /) -> Api: ...


def service_class(name: str, settings: Settings | None = None) -> type[Service]:
    """The nameko class of a service. It is imported here, so that a process loads only the services that it runs.

    Without settings it is that of the default ones."""
    if name == "search" and settings is not None:
        from core.gazetteer import Gazetteer

        places, server = Gazetteer(settings.home), settings.search_server
        if server is None:
            from services.search.service import service_with

            return service_with(places)
        # The server's client takes 12 MB, which the embedded index needs no part of.
        from services.search.elasticsearch.service import service_on

        return service_on(server, places)
    module = import_module(f"services.{name}.service")
    found: type[Service] = getattr(module, f"{name.capitalize()}Service")
    return found


def migrations(name: str) -> Path:
    """The folder of a service's Alembic scripts."""
    return Path(__file__).resolve().parent.parent / "services" / name / "migrations"


def open_database(settings: Settings, name: str) -> Database:
    """A service's database, migrated to the newest schema and fit for it. Raises `SettingsError` if it is not."""
    database = migrated_database(settings, name)
    try:
        service_class(name, settings).prepare(database)
    except SettingsError:
        database.close()
        raise
    return database


def migrated_database(settings: Settings, name: str) -> Database:
    """A service's database, migrated to the newest schema."""
    database = Database(settings.databases[name])
    database.migrate(migrations(name))
    return database


def services(client: Client, listener: EventListener) -> Services:
    """The services as the gateway calls them."""
    return Services(
        people=client(PeopleApi, "people"),
        blog=client(BlogApi, "blog"),
        forum=client(ForumApi, "forum"),
        events=client(EventsApi, "events"),
        notify=client(NotifyApi, "notify"),
        search=client(SearchApi, "search"),
        mail=client(MailInApi, "mail"),
        listener=listener,
    )


def gateway(settings: Settings, client: RpcClient, listener: EventListener) -> Any:
    """The gateway's WSGI application. Imported here, like the classes of services."""
    from gateway.app import create_app

    return create_app(settings, services(client.proxy, listener), keep_pages=True)


def end_streams(app: Any) -> None:
    """End what is open without an end, in an application made by `gateway`."""
    from gateway.live.broadcaster import end_streams

    end_streams(app)


def mailer(settings: Settings) -> Mailer:
    """What sends mail: the gateway's package has its words, in every language of the interface."""
    from gateway.mail.letters import LetterWriter
    from gateway.mail.notices import NoticeWriter
    from gateway.mail.texts import MailWriter

    return Mailer(settings, MailWriter(settings), LetterWriter(settings), NoticeWriter(settings))


def pusher(settings: Settings) -> Pusher:
    """What sends messages to phones: its words are the gateway's, as with mail."""
    from gateway.notify.push_texts import PushWriter

    return Pusher(PushSender(settings), PushWriter(settings))


__all__ = [
    "SERVICES",
    "end_streams",
    "gateway",
    "mailer",
    "migrations",
    "open_database",
    "pusher",
    "service_class",
    "services",
]
