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
from services.blog import picture_decoder, queries
from services.blog.pictures import PictureProcess
from tests.unit.blog.harness import picture_file, prepare, upload
from tests.unit.users import AMIRA


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
        prepare(encoded)
    (fault,) = refused.value.faults
    assert fault.field == "base64"
    return fault.code


@pytest.mark.slow
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_each_usual_format_is_taken_and_becomes_webp(form: str) -> None:
    prepared = prepare(picture_file((700, 500), form))
    assert (prepared.width, prepared.height, prepared.media_type) == (700, 500, "image/webp")
    assert sorted(prepared.sizes) == [320, 640, 700]
    for width, content in prepared.sizes.items():
        image = opened(content)
        assert (image.width, image.format) == (width, "WEBP")


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((100, 50), [100]),
        ((320, 200), [320]),
        ((4000, 100), [320, 640, 800, 1280, 1920]),
        ((1300, 10), [320, 640, 800, 1280, 1300]),
    ],
)
def test_no_size_is_wider_than_the_picture_or_1920(size: tuple[int, int], widths: list[int]) -> None:
    prepared = prepare(picture_file(size))
    assert sorted(prepared.sizes) == widths
    assert prepared.width == widths[-1]


def test_a_tower_is_made_as_low_as_four_times_its_width() -> None:
    prepared = prepare(picture_file((300, 9000)))
    assert (prepared.width, prepared.height) == (40, 1200)
    assert opened(prepared.sizes[prepared.width]).size == (40, 1200)


def test_a_picture_is_turned_upright_and_says_nothing_of_where_it_was_taken() -> None:
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was turned a quarter to the right
    exif[ExifTags.Base.Artist] = "A name"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (30.0, 2.0, 3.0)
    prepared = prepare(encode(image, "JPEG", exif=exif, comment=b"secret", quality=95, subsampling=0))
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


@pytest.mark.slow
@pytest.mark.parametrize(("orientation", "size"), [(1, (1920, 1200)), (6, (1920, 3072))])
def test_a_cameras_picture_is_kept_as_wide_as_pages_show_it(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    prepared = prepare(picture_file((4000, 2500), exif=exif))
    assert (prepared.width, prepared.height) == size
    assert sorted(prepared.sizes) == [320, 640, 800, 1280, 1920]


def test_colours_are_kept_without_their_profile() -> None:
    image = Image.new("RGB", (30, 30), (200, 30, 30))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"broken profile"):
        prepared = prepare(encode(image, "PNG", icc_profile=icc))
        kept = opened(prepared.sizes[30])
        assert "icc_profile" not in kept.info
        pixel = kept.convert("RGB").getpixel((15, 15))
        assert isinstance(pixel, tuple)
        assert abs(pixel[0] - 200) < 12


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "L", "I;16", "CMYK"])
def test_every_kind_of_pixels_is_taken(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    prepared = prepare(encode(Image.new(mode, (50, 40)), form))
    assert opened(prepared.sizes[50]).mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


def test_sixteen_bits_are_brought_to_eight() -> None:
    image = Image.new("I;16", (20, 20), 128 * 256)
    prepared = prepare(encode(image, "PNG"))
    pixel = opened(prepared.sizes[20]).convert("L").getpixel((10, 10))
    assert isinstance(pixel, int | float)
    assert 120 < pixel < 136


def test_transparency_stays() -> None:
    clear = prepare(encode(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert opened(clear.sizes[20]).getpixel((10, 10)) == (0, 0, 0, 0)


# 40 x 20 pixels, the left half blue and the right half red; its orientation says: turn a quarter to the right.
HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAcdtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAAB6wABAAAAAAAAAJkAAgAAAAAChAABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABBmlwcnAAAADlaXBjbwAAAHVodmNDAQNwAAAA"
    "kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "rprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFw"
    "AAAAKAAAAAEAAAAUAAAAAf///+gAAAAC////1AAAAAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3QDAAAAGWlwbWEAAAAAAAAAAQAB"
    "BoECAwWEhgAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAxW1kYXQAAACVKAGvBjIeQLOQiSDwv9ktf9f/HW///tExyd0p/WSD"
    "Jui/7bM2uTVt479zw52gfjK+VUvr8dJ0gLUnLR83O9WjSEv9JPXcGvmjp39K+zPwT+k+gFii9/KnqH/qa/JwIFc3cBT6+bIjLG0C"
    "oxWsP3JXc2DwXVokkUYR3jGIRRRVgjC1UZHmk+c0WZzjLcMgvyUUsKlHJHgAAAAGRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYA"
    "AAAAAAA="
)


def test_a_phones_heic_is_taken_and_turned() -> None:
    prepared = prepare(HEIC)
    assert (prepared.width, prepared.height, prepared.media_type) == (20, 40, "image/webp")
    kept = opened(prepared.sizes[20])
    top, bottom = kept.getpixel((10, 5)), kept.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 150 > bottom[2]
    assert not kept.getexif()


def test_of_a_cameras_jpeg_with_more_pictures_behind_it_the_first_is_taken() -> None:
    pair = [Image.new("RGB", (700, 500), colour) for colour in ("red", "blue")]
    prepared = prepare(encode(pair[0], "MPO", save_all=True, append_images=pair[1:]))
    assert (prepared.width, prepared.height, prepared.media_type) == (700, 500, "image/webp")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["JPEG", "AVIF"])
def test_a_phones_fifty_million_pixels_are_taken(form: str) -> None:
    options = {"speed": 10, "quality": 30} if form == "AVIF" else {"quality": 60}
    target = io.BytesIO()
    Image.new("RGB", (8192, 6144), (30, 90, 140)).save(target, form, **options)
    # In a process of its own, with its limits.
    prepared = PictureProcess(seconds=120).decode(target.getvalue(), "a")
    assert (prepared.width, prepared.height) == (1920, 1440)


def animated(frames: int, size: tuple[int, int], form: str = "GIF", duration: int = 100) -> str:
    pictures_of_it = [
        Image.new("RGB", size, (number * 7 % 256, 90, 140)).quantize(8) for number in range(frames)
    ]
    return encode(
        pictures_of_it[0], form, save_all=True, append_images=pictures_of_it[1:], duration=duration, loop=0
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_a_short_animation_stays_one_and_comes_to_an_end(form: str) -> None:
    prepared = prepare(animated(10, (800, 400), form))
    assert (prepared.width, prepared.height, prepared.media_type) == (640, 320, "image/webp")
    assert sorted(prepared.sizes) == [320, 640]
    for content in prepared.sizes.values():
        image = opened(content)
        assert getattr(image, "n_frames", 1) == 10
        # One second long, it is shown five times; a browser stops then.
        assert image.info["loop"] == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frames", "size"), [(picture_decoder.MOST_FRAMES + 1, (8, 8)), (10, (2100, 2000))], ids=["long", "large"]
)
def test_of_an_animation_that_is_too_much_the_first_frame_is_shown(
    frames: int, size: tuple[int, int]
) -> None:
    prepared = prepare(animated(frames, size))
    assert {getattr(opened(content), "n_frames", 1) for content in prepared.sizes.values()} == {1}


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


@pytest.mark.slow
@pytest.mark.parametrize("size", [(8001, 5000), (20_000, 20_000), (200_000, 200_000)])
def test_a_picture_that_unpacks_to_too_much_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refused_as(base64.b64encode(png(*size)).decode()) == "picture-size"


def test_too_many_bytes_are_refused() -> None:
    assert refused_as(base64.b64encode(bytes(15_000_001)).decode()) == "picture-size"


def test_far_too_many_bytes_are_refused_in_the_same_words() -> None:
    sent = {"base64": "A" * 21_000_001, "alt": "a", "author": "b", "licence": "CC0", "source": "c"}
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


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "width"), [(1, 320), (320, 320), (639, 320), (640, 640), (5000, 800)])
def test_the_widest_fitting_size_is_given(session: Session, asked: int, width: int) -> None:
    picture = upload(session)
    assert (picture.width, picture.height) == (800, 600)
    found = queries.picture_bytes(session, AMIRA, picture.id, asked)
    assert opened(base64.b64decode(found.base64)).width == width
