"""A system without the demo gets its first categories, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.audience import Viewer
from core.settings import Settings
from space.local import LocalSystem
from space.seed import SEED_AUTHOR, first_categories, seed

LANGUAGES = {"en", "es", "ar", "he", "de", "fr", "hi", "ja"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"SPACE_HOME": str(tmp_path)})


def names(settings: Settings, language: str) -> tuple[list[str], list[str]]:
    reader = Viewer(languages=(language,))
    system = LocalSystem(settings)
    try:
        return (
            [one.name for one in system.services.blog.categories(reader)],
            [one.name for one in system.services.forum.categories(reader)],
        )
    finally:
        system.close()


@pytest.mark.parametrize("service", ["blog", "forum"])
def test_categories_have_names_in_every_language(service: str) -> None:
    for category in first_categories()[service]:
        texts = category.texts()
        assert set(texts) == LANGUAGES, category.slug
        assert all(name.strip() and about.strip() for name, about in texts.values()), category.slug


def test_only_announcements_are_official() -> None:
    assert [one.slug for one in first_categories()["forum"] if one.official] == ["announcements"]


@pytest.mark.slow
def test_a_new_system_has_its_categories_in_order_and_in_the_readers_language(settings: Settings) -> None:
    seed(settings)
    for language in ("en", "he"):
        blog, forum = names(settings, language)
        assert blog == [one.texts()[language][0] for one in first_categories()["blog"]]
        assert forum == [one.texts()[language][0] for one in first_categories()["forum"]]


@pytest.mark.slow
def test_categories_that_somebody_changed_stay_as_they_are(settings: Settings) -> None:
    from services.blog import actions

    system = LocalSystem(settings)
    with system.databases["blog"].writing() as session:
        actions.set_category(session, SEED_AUTHOR, "ours", "en", {"en": ("Our own", "")})
    system.close()
    seed(settings)
    seed(settings)
    blog, forum = names(settings, "en")
    assert blog == ["Our own"]
    assert len(forum) == len(first_categories()["forum"])
