"""Pictures: what is taken in, what is refused, and what is kept of it."""

import base64
import io
import struct
import zlib

import pytest
from PIL import ExifTags, Image, ImageCms
from sqlalchemy.orm import Session

from contracts.blog import UploadPicture
from contracts.errors import Invalid
from contracts.pictures import LIMITS
from contracts.validation import parse
from services.blog import pictures, queries
from tests.unit.blog.harness import AMIRA, picture_file, upload


def encode(image: Image.Image, form: str, **options: object) -> str:
    target = io.BytesIO()
    image.save(target, form, **options)
    return base64.b64encode(target.getvalue()).decode()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def refused_as(encoded: str) -> str:
    with pytest.raises(Invalid) as refused:
        pictures.prepare(encoded)
    (fault,) = refused.value.faults
    assert fault.field == "base64"
    return fault.code


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/webp"),
        ("WEBP", "image/webp"),
        ("GIF", "image/webp"),
        ("AVIF", "image/webp"),
    ],
)
def test_each_usual_format_is_taken(form: str, media_type: str) -> None:
    prepared = pictures.prepare(picture_file((700, 500), form))
    assert (prepared.width, prepared.height, prepared.media_type) == (700, 500, media_type)
    assert sorted(prepared.sizes) == [320, 640, 700]
    for width, content in prepared.sizes.items():
        image = opened(content)
        assert (image.width, Image.MIME[image.format or ""]) == (width, media_type)


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((100, 50), [100]),
        ((320, 200), [320]),
        ((4000, 100), [320, 640, 1280, 1920]),
        ((1300, 10), [320, 640, 1280, 1300]),
    ],
)
def test_no_size_is_wider_than_the_picture_or_1920(size: tuple[int, int], widths: list[int]) -> None:
    prepared = pictures.prepare(picture_file(size))
    assert sorted(prepared.sizes) == widths
    assert prepared.width == widths[-1]


def test_a_tower_is_made_as_low_as_four_times_its_width() -> None:
    prepared = pictures.prepare(picture_file((300, 9000)))
    assert (prepared.width, prepared.height) == (40, 1200)
    assert opened(prepared.sizes[prepared.width]).size == (40, 1200)


def test_a_picture_is_turned_upright_and_says_nothing_of_where_it_was_taken() -> None:
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was turned a quarter to the right
    exif[ExifTags.Base.Artist] = "A name"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (30.0, 2.0, 3.0)
    prepared = pictures.prepare(
        encode(image, "JPEG", exif=exif, comment=b"secret", quality=95, subsampling=0)
    )
    kept = opened(prepared.sizes[prepared.width])
    assert kept.size == (20, 40)
    top, bottom = kept.getpixel((10, 5)), kept.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > 60 > top[0]
    assert bottom[0] > 200 > 60 > bottom[2]
    content = prepared.sizes[prepared.width]
    assert not kept.getexif()
    assert "comment" not in kept.info
    assert b"A name" not in content
    assert b"secret" not in content


@pytest.mark.parametrize(("orientation", "size"), [(1, (1920, 1200)), (6, (1920, 3072))])
def test_a_cameras_picture_is_kept_as_wide_as_pages_show_it(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    prepared = pictures.prepare(picture_file((4000, 2500), exif=exif))
    assert (prepared.width, prepared.height) == size
    assert sorted(prepared.sizes) == [320, 640, 1280, 1920]


def test_colours_are_kept_without_their_profile() -> None:
    image = Image.new("RGB", (30, 30), (200, 30, 30))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"broken profile"):
        prepared = pictures.prepare(encode(image, "PNG", icc_profile=icc))
        kept = opened(prepared.sizes[30])
        assert "icc_profile" not in kept.info
        pixel = kept.convert("RGB").getpixel((15, 15))
        assert isinstance(pixel, tuple)
        assert abs(pixel[0] - 200) < 12


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "L", "I;16", "CMYK"])
def test_every_kind_of_pixels_is_taken(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    prepared = pictures.prepare(encode(Image.new(mode, (50, 40)), form))
    assert opened(prepared.sizes[50]).mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


def test_sixteen_bits_are_brought_to_eight() -> None:
    image = Image.new("I;16", (20, 20), 128 * 256)
    prepared = pictures.prepare(encode(image, "PNG"))
    pixel = opened(prepared.sizes[20]).convert("L").getpixel((10, 10))
    assert isinstance(pixel, int | float)
    assert 120 < pixel < 136


def test_transparency_stays_and_an_animation_shows_its_first_frame() -> None:
    clear = pictures.prepare(encode(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert opened(clear.sizes[20]).getpixel((10, 10)) == (0, 0, 0, 0)
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    moving = pictures.prepare(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    image = opened(moving.sizes[20])
    assert getattr(image, "n_frames", 1) == 1
    pixel = image.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj()
    data = (
        b"".join(rows.compress(bytes((width + 7) // 8 + 1)) for _ in range(min(height, 4000))) + rows.flush()
    )
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 5001), (20_000, 20_000), (200_000, 200_000)])
def test_a_picture_that_unpacks_to_too_much_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refused_as(base64.b64encode(png(*size)).decode()) == "picture-size"


def test_too_many_bytes_are_refused() -> None:
    assert refused_as(base64.b64encode(bytes(8_000_001)).decode()) == "picture-size"


def test_far_too_many_bytes_are_refused_in_the_same_words() -> None:
    sent = {"base64": "A" * 12_000_001, "alt": "a", "author": "b", "licence": "CC0", "source": "c"}
    with pytest.raises(Invalid) as caught:
        parse(UploadPicture, sent)
    (fault,) = caught.value.faults
    assert (fault.field, fault.code, fault.params) == ("base64", "picture-size", LIMITS)


def test_what_is_no_picture_is_refused() -> None:
    whole = base64.b64decode(picture_file())
    assert refused_as("not base64!") == "picture-broken"
    assert refused_as("żółw") == "picture-broken"
    assert refused_as("") == "picture-type"
    assert (
        refused_as(base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()) == "picture-type"
    )
    assert refused_as(base64.b64encode(b"%PDF-1.7 text").decode()) == "picture-type"
    assert refused_as(base64.b64encode(whole[: len(whole) // 2]).decode()) == "picture-broken"
    assert refused_as(encode(Image.new("RGB", (9, 9)), "BMP")) == "picture-type"
    truncated = base64.b64decode(picture_file(form="PNG"))[:-200]
    assert refused_as(base64.b64encode(truncated).decode()) == "picture-broken"


@pytest.mark.parametrize(("asked", "width"), [(1, 320), (320, 320), (639, 320), (640, 640), (5000, 800)])
def test_the_widest_fitting_size_is_given(session: Session, asked: int, width: int) -> None:
    picture = upload(session)
    assert (picture.width, picture.height) == (800, 600)
    found = queries.picture_bytes(session, AMIRA, picture.id, asked)
    assert opened(base64.b64decode(found.base64)).width == width
