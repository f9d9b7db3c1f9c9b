"""A group's own categories by the API."""

from __future__ import annotations

import pytest

from tests.unit.gateway.harness import SystemHarness

pytestmark = pytest.mark.slow


def test_a_groups_moderators_look_after_its_categories(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    for slug in ("walkers", "others"):
        amina.post("/groups", {"slug": slug, "kind": "closed", "language": "en", "name": slug})
    path = "/groups/walkers/categories"
    made = [amina.post(path, {"language": "en", "name": name}).json for name in ("Walks", "Talks", "Rest")]
    walks, talks, rest = (each["slug"] for each in made)
    system.drain()
    assert [each["slug"] for each in amina.get(path).json["items"]] == [walks, talks, rest]
    assert boris.get(path).json["items"] == []
    assert boris.post(path, {"language": "en", "name": "Mine"}).status_code == 404
    named = amina.patch(f"{path}/{walks}", {"language": "de", "name": "Wege", "closed": True})
    assert (named.status_code, named.json["closed"]) == (200, True)
    assert amina.patch(f"/groups/others/categories/{walks}", {"language": "de"}).status_code == 404
    assert boris.patch(f"{path}/{walks}", {"language": "de"}).status_code == 404
    reason = {"into": talks, "reason": "One is enough"}
    assert boris.post(f"{path}/{walks}/merge", reason).status_code == 404
    assert amina.post(f"{path}/{walks}/merge", {**reason, "into": "help"}).status_code == 422
    merged = amina.post(f"{path}/{walks}/merge", reason)
    assert (merged.status_code, merged.json["slug"]) == (200, talks)
    assert boris.delete(f"{path}/{rest}?reason=No").status_code == 404
    assert amina.delete(f"{path}/{rest}").status_code == 422
    assert amina.delete(f"{path}/{rest}?reason=Unused").status_code == 204
    assert [each["slug"] for each in amina.get(path).json["items"]] == [talks]
