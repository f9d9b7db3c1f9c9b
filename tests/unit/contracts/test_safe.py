"""Contracts mark methods that read as safe, and none that writes."""

import inspect

import pytest

from contracts.blog import BlogApi
from contracts.common import Producer
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.mail_in import MailInApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from contracts.search import SearchApi
from core.settings import SERVICES
from space.wiring import service_class

APIS = {
    "people": PeopleApi,
    "blog": BlogApi,
    "forum": ForumApi,
    "events": EventsApi,
    "notify": NotifyApi,
    "search": SearchApi,
    "mail": MailInApi,
}
# Readers that do not pass through `self.read`: the first two may extend a session's life or note a token's use,
# which is the same done twice; the third looks into a file.
OTHER_READERS = {"viewer_of_session", "viewer_of_token", "find_places", "mail_link"}


def methods(api: type) -> list[str]:
    """The methods of `api`, without those of `Producer`."""
    named = {name for name, _ in inspect.getmembers(api, inspect.isfunction) if not name.startswith("_")}
    return sorted(named - set(vars(Producer)))


def test_every_service_has_its_contract_here() -> None:
    assert set(APIS) == set(SERVICES)


@pytest.mark.parametrize("name", APIS)
def test_readers_are_safe_and_writers_are_not(name: str) -> None:
    service = service_class(name)
    readers, marked = set(), set()
    for method in methods(APIS[name]):
        source = inspect.getsource(getattr(service, method))
        # The method of the service class calls `self.read` or `self.write`; a writer may read before it.
        if ("self.read(" in source and "self.write(" not in source) or method in OTHER_READERS:
            readers.add(method)
        if getattr(getattr(APIS[name], method), "safe", False):
            marked.add(method)
    assert readers == marked
    assert readers, "no reader at all: the test looks at the wrong thing"


def test_what_every_producer_answers_is_safe() -> None:
    answered = [
        name for name, _ in inspect.getmembers(Producer, inspect.isfunction) if not name.startswith("_")
    ]
    assert answered
    assert all(getattr(getattr(Producer, name), "safe", False) for name in answered)
