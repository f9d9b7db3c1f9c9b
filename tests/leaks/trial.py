"""One request that changes something, and what it is about."""

from __future__ import annotations

from typing import Any

from tests.leaks.desk import Desk, Values
from tests.leaks.site import Answer, Client
from tests.leaks.world import Reader
from tests.leaks.writes import WRITES

REFUSED = (401, 403, 404)


def filled(value: Any, values: Values) -> Any:
    """A body with the values of what it is about; `{name:d}` is a number."""
    if isinstance(value, dict):
        return {filled(name, values): filled(each, values) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    if value.endswith(":d}"):
        return int(values[value[1:-3]])
    return value.format(**values) if "{" in value else value


class Trial:
    """One request about one thing that was made for it."""

    def __init__(self, desk: Desk, key: tuple[str, str], audience: str) -> None:
        self.desk, self.method, self.write = desk, key[0], WRITES[key]
        values = self.write.make(desk, audience)
        desk.site.drain()
        self.address = self.write.address.format(**values)
        self.body = filled(self.write.body, values)
        self.rule = self.write.may(desk.world.audience(audience))
        self.by = desk.reader(desk.who(self.write.by, audience), robot=not self.write.form)

    def others(self) -> list[Reader]:
        """Everybody who may not, in a browser or by a token."""
        return [one for one in self.desk.everybody(robots=True) if not self.rule(one.viewer)]

    def send(self, client: Client, token: str | None = None, **more: Any) -> Answer:
        if self.write.form:
            return client.submit(self.address, {**self.body, **more}, token)
        body = None if self.body is None else {**self.body, **more}
        return client.api(self.method, self.address.removeprefix("/api/v1"), body)

    def nothing_by(self, client: Client, allowed: tuple[int, ...], what: str, **given: Any) -> None:
        """The request must be refused, and leave every database as it is."""
        token = given.pop("token", None)
        if token is None and self.write.form:
            token = client.form_token()  # also notes today's use of the session
        before = self.desk.versions()
        answer = self.send(client, token, **given)
        after = self.desk.versions()
        says = f"{what}: {self.method} {self.address} answered {answer.status} {answer.text[:300]}"
        assert answer.status in allowed, says
        changed = [name for name in before if before[name] != after[name]]
        assert not changed, f"{says}, and changed the database of {changed}"
