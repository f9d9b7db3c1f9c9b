"""Dates, numbers and lists by language."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel.dates import format_timedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from core import languages
from gateway.i18n import formats

NOON = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "locale"),
    [("en", "en"), ("zh-tw", "zh_Hant_TW"), ("sr-ec", "sr_Cyrl"),
     ("ary", "ar"), ("ami", "zh_Hant"), ("qqx", "en"),
     ("xx", "en"), ("pt-br", "pt_BR"), ("simple", "en"), ("be-tarask", "be_TARASK")],
)  # fmt: skip
def test_every_code_has_a_locale(lang: str, locale: str) -> None:
    assert str(formats.locale_for(lang)) == locale


@pytest.mark.slow
def test_every_language_can_be_formatted_in() -> None:
    for each in languages.all_languages():
        assert formats.format_date(NOON, each.code)
        assert 0 <= formats.plural_index(5, each.code, 6) < 6


def test_dates_and_times_are_those_of_the_zone() -> None:
    late = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
    assert formats.format_date(late, "en") == "Mar 5, 2026"
    assert formats.format_date(late, "es", "long", "Asia/Tokyo") == "6 de marzo de 2026"
    assert formats.format_date(date(2026, 3, 5), "de", "full") == "Donnerstag, 5. März 2026"
    assert formats.format_time(late, "de", "Africa/Cairo") == "01:30"
    assert formats.format_datetime(late, "fr", "Europe/Paris") == "6 mars 2026, 00:30"
    assert formats.format_pattern(late, "ja", "yMMMM", "UTC") == "2026年3月"
    assert formats.format_pattern(late, "en", "MMMd", "Asia/Tokyo") == "Mar 6"


def test_no_language_takes_the_names_of_another() -> None:
    for lang in ("he", "ar", "fr", "hi", "en", "en-gb", "he"):
        formats.format_pattern(NOON, lang, "MMM")
    september = datetime(2026, 9, 5, tzinfo=UTC)
    months = [formats.format_pattern(september, lang, "MMM") for lang in ("he", "ar", "fr", "hi", "en-gb")]
    assert months == ["ספט׳", "سبتمبر", "sept.", "सित॰", "Sept"]


def test_an_interval_says_a_common_day_once() -> None:
    day = formats.format_interval(NOON, NOON + timedelta(hours=2), "es")
    assert day == "5 mar 2026, 10:00–12:00"
    days = formats.format_interval(NOON, NOON + timedelta(days=2), "de")
    assert days == "05.03.2026, 10:00 – 07.03.2026, 10:00"
    across = formats.format_interval(NOON, NOON + timedelta(hours=2), "de", "Pacific/Kiritimati")
    assert across == "06.03.2026, 00:00–02:00 Uhr"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON - timedelta(hours=3), "3 hours ago"),
        (NOON + timedelta(days=2), "in 2 days"),
        (NOON - timedelta(seconds=5), "1 minute ago"),
        (NOON, "1 minute ago"),
        (NOON + timedelta(seconds=5), "in 1 minute"),
    ],
)
def test_relative_times(moment: datetime, text: str) -> None:
    assert formats.format_relative(moment, "en", NOON) == text


def test_numbers_and_lists() -> None:
    assert formats.format_number(1234567, "es") == "1.234.567"
    assert formats.format_number(1234567, "hi") == "12,34,567"
    assert formats.format_list(["a", "b", "c"], "es") == "a, b y c"
    assert formats.format_list(["a", "b"], "de", "or") == "a oder b"
    assert formats.format_list([], "en") == ""
    mixed = formats.format_list_markup([Markup("<b>a</b>"), "<c>"], "en")
    assert mixed == Markup("<b>a</b> and &lt;c&gt;")


def test_plural_forms_are_clamped_to_those_given() -> None:
    assert [formats.plural_index(count, "ru", 2) for count in (1, 2, 5)] == [0, 1, 1]
    assert formats.plural_index(5, "ja", 3) == 0
    assert formats.plural_index(-1, "en", 2) == 0


@settings(deadline=None)
@given(st.integers(-4 * 366 * 86_400, 4 * 366 * 86_400), st.sampled_from(["en", "ar", "ja"]))
def test_how_long_ago_is_said_as_cldr_has_it_to_the_second(seconds: int, lang: str) -> None:
    difference = timedelta(seconds=seconds if abs(seconds) >= 60 else 60)
    wanted = format_timedelta(
        difference, granularity="minute", add_direction=True, locale=formats.locale_for(lang)
    )
    assert formats.format_relative(NOON + difference, lang, NOON) == wanted
