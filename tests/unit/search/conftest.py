"""Fixtures: an index for each test, on SQLite only, since the embedded engine needs it."""

from __future__ import annotations

from tests.unit.harness import store_of

store = store_of("search", kinds=("sqlite",))
