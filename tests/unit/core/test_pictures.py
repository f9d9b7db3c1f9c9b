"""What lets a browser choose among a picture's widths."""

import pytest

from core.markup import render
from core.markup_cooked import cook
from core.pictures import in_text, picture_srcset, widths

ID = "06gzjj0yzg2217fw"
SIZES = {ID: (1200, 675)}


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (1, [1]),
        (320, [320]),
        (700, [320, 640, 700]),
        (1920, [320, 640, 800, 1280, 1920]),
        (4000, [320, 640, 800, 1280, 1920]),
    ],
)
def test_no_width_is_larger_than_the_picture(width: int, wanted: list[int]) -> None:
    assert widths(width) == wanted
    assert picture_srcset("x", width).count("/media/x/") == len(wanted)
    assert picture_srcset("x", width).endswith(f"/media/x/{wanted[-1]} {wanted[-1]}w")


@pytest.mark.parametrize(
    ("asked", "width", "height", "sizes"),
    [
        (320, "320", "180", "(min-width: 384px) 320px, 92vw"),
        (640, "640", "360", "(min-width: 704px) 640px, 92vw"),
        (1920, "1200", "675", "(min-width: 800px) 736px, 92vw"),
    ],
)
def test_a_picture_in_a_text_is_as_wide_as_its_writer_said(
    asked: int, width: str, height: str, sizes: str
) -> None:
    found = in_text(f"/media/{ID}/{asked}", SIZES)
    assert (found["width"], found["height"], found["sizes"]) == (width, height, sizes)
    assert found["srcset"] == picture_srcset(ID, 1200)


@pytest.mark.parametrize("source", ["/media/0000000000000000/640", f"/media/{ID}", f"/media/{ID}/0", "/x"])
def test_of_an_unknown_picture_nothing_is_said(source: str) -> None:
    assert in_text(source, SIZES) == {}


def test_the_stored_html_has_them_where_they_are_known() -> None:
    text = f"![A boat](/media/{ID}/640)"
    html = cook(text, "en", SIZES).html or ""
    assert f'<img src="/media/{ID}/640" alt="A boat" loading="lazy" decoding="async" width="640"' in html
    assert f'srcset="/media/{ID}/320 320w, /media/{ID}/640 640w, ' in html
    assert "srcset" not in (cook(text, "en").html or "")
    assert "srcset" not in render(text, wiki_url="", language="en")
