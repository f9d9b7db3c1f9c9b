"""Everybody tries every request that changes something: who may not is refused and nothing changes, whatever is forged,
and who may succeeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.shared.limits import without_limits
from tests.leaks.calls import Attempts, arguments_of
from tests.leaks.catalogue import DIRECT, MADE
from tests.leaks.desk import Desk
from tests.leaks.site import Client, LocalSite
from tests.leaks.trial import REFUSED, Trial, filled
from tests.leaks.writes import OPEN, WRITES

CASES = [(rule, audience) for rule, write in WRITES.items() for audience in write.audiences]
WITHOUT_TOKEN = ("/api", "/contact-moderators", "/mail/")
"""What reads no cookie has nothing that another site could use."""
EXTRA = {
    "author_id": "", "by_id": "", "person_id": "", "uploaded_by": "", "created_at": "2001-01-01T00:00:00Z",
    "roles": ["administrator"], "moderates": ["0" * 16], "may_edit": True, "deletion_id": "", "id": "0" * 16,
}  # fmt: skip
"""Fields that no request has, though the rows that are changed do. The empty ones get the id of somebody else."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    site = LocalSite(tmp_path_factory.mktemp("writing"))
    site.lay_categories()
    with without_limits():
        made = Desk(site)
    yield made
    made.close()
    site.local.close()


@pytest.mark.parametrize(
    ("key", "audience"), CASES, ids=[f"{method} {rule} {audience}" for (method, rule), audience in CASES]
)
def test_only_who_may_changes_anything(desk: Desk, key: tuple[str, str], audience: str) -> None:
    with without_limits():
        trial = Trial(desk, key, audience)
        refused = [one for one in desk.everybody(not trial.write.form) if not trial.rule(one.viewer)]
        assert refused
        for reader in refused:
            trial.nothing_by(reader.client, REFUSED, reader.name)
        _forged(trial)
        before = desk.versions()
        other = desk.world.accounts["Bystander"].id
        rows = desk.rows_with(other) if trial.write.form else 0
        more = _extra(other) if trial.write.form else {}
        more.pop("id", None)  # which some forms do have
        attempts = Attempts(trial.others(), desk.versions)
        with desk.site.calls.told_to(attempts):
            answer = trial.send(trial.by.client, **more)
        assert not attempts.faults, "\n".join(attempts.faults)
        assert {call for call, made_by in MADE.items() if made_by == key} <= attempts.made
        assert answer.status in (200, 201, 202, 204, 303), (answer.status, answer.text[:2000])
        assert desk.versions() != before, "it changed nothing for who may, either"
        if trial.write.form:
            assert desk.rows_with(other) == rows, "fields that the form does not have were taken"
            assert desk.rows_with("2001-01-01") == 0


DIRECT_CASES = [(call, audience) for call, each in DIRECT.items() for audience in each.audiences]


@pytest.mark.parametrize(("call", "audience"), DIRECT_CASES)
def test_only_who_may_has_a_call_answered(desk: Desk, call: str, audience: str) -> None:
    service, _, name = call.partition(".")
    wanted = DIRECT[call]
    with without_limits():
        values = wanted.make(desk, audience)
        desk.site.drain()
        rule = wanted.may(desk.world.audience(audience))
        refused = [one for one in desk.everybody(robots=True) if not rule(one.viewer)]
        attempts = Attempts(refused, desk.versions)
        given = arguments_of(service, name, [filled(each, values) for each in wanted.arguments])
        by = desk.reader(desk.who(wanted.by, audience)).viewer
        method = getattr(desk.site.services, service)
        before = desk.versions()
        with desk.site.calls.told_to(attempts):
            getattr(method, name)(by, *given)
        assert attempts.made == {call}
        assert not attempts.faults, "\n".join(attempts.faults)
        assert desk.versions() != before


def _extra(person_id: str) -> dict[str, Any]:
    return {name: value or person_id for name, value in EXTRA.items()}


def _forged(trial: Trial) -> None:
    """Without the token of a form, with another's, and with fields that it does not have."""
    client = trial.by.client
    if not trial.write.form:
        browser = trial.desk.reader(trial.by.name).client
        data = None if trial.body is None else json.dumps(trial.body).encode()
        before = trial.desk.versions()
        answer = browser.send(trial.method, trial.address, data, kind="application/json" if data else "")
        assert (answer.status, trial.desk.versions()) == (403, before), (
            "with a session and no token of a form"
        )
        if trial.body is not None:
            trial.nothing_by(
                client, (422,), "with fields of the row", **_extra(trial.desk.world.accounts["Otto"].id)
            )
        return
    other = trial.desk.world.accounts["Leaver"].browser.form_token()
    mine = client.form_token()
    for token, what in (
        ("", "without a token"), (other, "with another's token"), (f"{mine[:-1]}x", "with a forged token"),
        (mine[1:], "with another nonce"), (".", "with an empty token"),
    ):  # fmt: skip
        trial.nothing_by(client, (403,), what, token=token)


@pytest.mark.parametrize("rule", [rule for _, rule in OPEN if not rule.startswith(WITHOUT_TOKEN)])
def test_a_form_for_everybody_needs_its_token_too(desk: Desk, rule: str) -> None:
    stranger, other = Client(desk.site), Client(desk.site)
    mine, theirs = stranger.form_token(), other.form_token()
    before = desk.versions()
    for token in ("", theirs, f"{mine[:-1]}x", "."):
        answer = stranger.submit(re.sub("<[a-z_]+>", "none", rule), {"name": "Otto", "language": "de"}, token)
        assert answer.status == 403, (token, answer.status)
    assert desk.versions() == before
