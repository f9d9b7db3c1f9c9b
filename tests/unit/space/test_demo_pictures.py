"""The demo's pictures are what the blog takes: JPEGs of one size, small, the same each time."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from space.demo.pictures import KINDS, picture


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_a_small_jpeg_full_of_colour(kind: str) -> None:
    data = picture(7, kind)
    assert len(data) < 250_000
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    assert image.size == (1200, 675)
    assert max(ImageStat.Stat(image).stddev) > 20


def test_the_seed_alone_decides() -> None:
    assert picture(3, "letters") == picture(3, "letters")
    assert picture(3, "letters") != picture(4, "letters")


def test_an_unknown_kind_says_which_there_are() -> None:
    with pytest.raises(ValueError, match="'cubist'; there are book, bunting"):
        picture(1, "cubist")
