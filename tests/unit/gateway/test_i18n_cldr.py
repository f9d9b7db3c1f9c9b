"""Names and lengths from CLDR, in languages where Babel alone has none."""

import pytest

from core import languages
from gateway.i18n import cldr


@pytest.mark.parametrize(
    ("minutes", "lang", "text"),
    [
        (45, "en", "45 minutes"),
        (90, "en", "1.5 hours"),
        (120, "de", "2 Stunden"),
        (120, "ja", "2 時間"),
        (2880, "ja", "2 日"),
        (120, "zh", "2小时"),
        (4320, "ar", "3 أيام"),
        (135, "en", "2 hours 15 minutes"),
    ],
)
def test_durations(minutes: int, lang: str, text: str) -> None:
    assert cldr.duration(minutes, lang) == text


@pytest.mark.slow
def test_no_language_shows_a_units_code() -> None:
    for code in (one.code for one in languages.all_languages()):
        for minutes in (45, 120, 4320):
            assert "duration" not in cldr.duration(minutes, code), code
