"""Makes the sizes that pages show of an uploaded picture: checked, upright, without metadata, in sRGB."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from contracts.errors import invalid
from contracts.pictures import LIMITS, MOST_BYTES, MOST_PIXELS

WIDTHS = (320, 640, 1280, 1920)
"""The largest picture, in pixels. A small file may unpack to one that fills the memory, so the file's header
is checked before it is unpacked."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_TURNED = range(5, 9)  # EXIF orientations by a quarter: width is height there
_TALLEST = 4  # times the width: what is taller would make a page of one picture


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be stored: `sizes` maps widths in pixels to bytes; width and height are the widest one's."""

    width: int
    height: int
    media_type: str
    sizes: dict[int, bytes]


def prepare(encoded: str) -> Prepared:
    """Check a picture (base64) and make its sizes. Raises `picture-type`, `picture-size`, `picture-broken`.

    JPEG stays JPEG; others become WebP, which keeps transparency. Of an animation the first frame is used.
    """
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("base64", "picture-broken") from None
    if len(content) > MOST_BYTES:
        raise invalid("base64", "picture-size", **LIMITS)
    source, as_webp = _open(content)
    media_type = "image/webp" if as_webp else "image/jpeg"
    full_width = min(source.width, WIDTHS[-1])
    sizes, widest, resized = {}, (0, 0), source
    # From wide to narrow, each from the previous one, so that the full picture is resized only once.
    for wanted in [full_width, *(each for each in reversed(WIDTHS) if each < full_width)]:
        resized = resized.copy()
        resized.thumbnail((wanted, wanted * _TALLEST), Image.Resampling.LANCZOS)
        widest = max(widest, resized.size)
        sizes[resized.width] = _encode(resized, as_webp)
    return Prepared(*widest, media_type, sizes)


def _open(content: bytes) -> tuple[Image.Image, bool]:
    """The picture in RGB or RGBA, and whether to store it as WebP."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            Image.open(io.BytesIO(content), formats=_FORMATS).verify()
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            kind = image.format
            if kind == "JPEG":
                # The decoder itself can halve a picture that is much wider than any page shows it.
                turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
                shown = image.height if turned else image.width
                scale = max(shown / WIDTHS[-1], 1)
                image.draft(None, (int(image.width / scale), int(image.height / scale)))
            image.load()
            return _upright_rgb(image), kind != "JPEG"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise invalid("base64", "picture-size", **LIMITS) from None
    except UnidentifiedImageError:
        raise invalid("base64", "picture-type") from None
    except Exception:
        # Pillow's decoders raise many errors on broken data; none would help the uploader more.
        raise invalid("base64", "picture-broken") from None


def _upright_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits a channel: eight are enough for a page
        image = image.convert("I").point([value / 256 for value in range(65536)], "L")
    transparent = image.has_transparency_data
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _to_srgb(image, profile)
    return image.convert("RGBA" if transparent else "RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        output = image.mode if image.mode in ("RGB", "RGBA") else "RGB"
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode=output,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # A broken profile: the colours are used as they are.
    return converted or image


def _encode(image: Image.Image, as_webp: bool) -> bytes:
    # A copy into a new picture has no profile, EXIF, comments and locations.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    target = io.BytesIO()
    if as_webp:
        clean.save(target, "WEBP", quality=86, method=4)
    else:
        clean.save(target, "JPEG", quality=84, progressive=True, optimize=True)
    return target.getvalue()
