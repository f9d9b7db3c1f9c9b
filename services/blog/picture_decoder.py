"""Decodes a picture that somebody uploaded, and makes the sizes that pages show: upright, without metadata, in sRGB.

Decoders of pictures are large, written in C, and given what strangers send. So this runs as a process of its own
(`python -m services.blog.picture_decoder`), with limits on its memory and time: `services.blog.pictures` starts it.
It imports nothing that takes long.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import pi_heif  # type: ignore[import-untyped]
from PIL import ExifTags, Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from core.pictures import WIDTHS, widths

pi_heif.register_heif_opener()

ANIMATED_WIDTHS = (320, 640)
"""The widths of a moving picture's sizes, in pixels."""

_CAMERAS = 64_000_000
# MPO is a JPEG with further pictures behind it, as cameras write it; the opener of JPEG finds that out.
MOST_PIXELS = {"JPEG": _CAMERAS, "MPO": _CAMERAS, "HEIF": _CAMERAS, "AVIF": _CAMERAS}
MOST_PIXELS_OF_OTHERS = 40_000_000
"""The largest picture by its format. A small file may unpack to one that fills the memory, so its header is checked
before it is unpacked. Cameras of phones make 50 million pixels, in these formats."""

MOST_FRAMES, MOST_FRAME_PIXELS = 200, 40_000_000
"""The longest animation: its frames, and their pixels together. Of a longer one the first frame is used."""

LONGEST_MOVEMENT = 5_000
"""In milliseconds: what moves for longer needs a button that stops it (WCAG 2.2.2)."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
_TURNED = range(5, 9)  # EXIF orientations by a quarter: width is height there
_TALLEST = 4  # times the width: what is taller would make a page of one picture


class PictureRefused(Exception):
    """`picture-type`: no format that is taken. `picture-size`: too many pixels. `picture-broken`: can't be decoded."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be stored: `sizes` maps widths in pixels to bytes; width and height are the widest one's."""

    width: int
    height: int
    media_type: str
    sizes: dict[int, bytes]


def decode(content: bytes) -> Prepared:
    """Check a picture's file and make its sizes. Raises `PictureRefused`.

    All become WebP, which is smaller than JPEG and keeps transparency. A short animation stays one, up to 640
    pixels wide, and ends after five seconds.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            # The limits are those of this module, by format.
            Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
            _check_size(image)
            if image.format in ("PNG", "GIF", "WEBP"):
                Image.open(io.BytesIO(content), formats=_FORMATS).verify()
            return _animation(image) if _moves(image) else _still(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise PictureRefused("picture-size") from None
    except UnidentifiedImageError:
        raise PictureRefused("picture-type") from None
    except PictureRefused:
        raise
    except Exception:
        # The decoders raise many errors on broken data; none would help the uploader more.
        raise PictureRefused("picture-broken") from None


def _check_size(image: Image.Image) -> None:
    most = MOST_PIXELS.get(image.format or "", MOST_PIXELS_OF_OTHERS)
    if image.mode.startswith(("I", "F")):
        most //= 2  # two bytes or four for each colour
    if image.width * image.height > most:
        raise PictureRefused("picture-size")


def _moves(image: Image.Image) -> bool:
    frames = getattr(image, "n_frames", 1)
    return (
        image.format in ("GIF", "WEBP")
        and 1 < frames <= MOST_FRAMES
        and frames * image.width * image.height <= MOST_FRAME_PIXELS
    )


def _still(image: Image.Image) -> Prepared:
    if image.format in ("JPEG", "MPO"):
        # The decoder itself can halve a picture that is much wider than any page shows it.
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
        scale = max((image.height if turned else image.width) / WIDTHS[-1], 1)
        image.draft(None, (int(image.width / scale), int(image.height / scale)))
    image.load()
    source = _upright_rgb(image)
    sizes, widest = {}, (0, 0)
    # From wide to narrow, each from the previous one, so that the full picture is resized only once.
    for wanted in reversed(widths(source.width)):
        source = _resized(source, wanted)
        widest = max(widest, source.size)
        sizes[source.width] = _encode(source)
    return Prepared(*widest, "image/webp", sizes)


def _animation(image: Image.Image) -> Prepared:
    sizes, widest = {}, (0, 0)
    durations: list[int] = []
    for wanted in widths(image.width, ANIMATED_WIDTHS):
        frames = []
        durations = []
        for frame in ImageSequence.Iterator(image):
            durations.append(max(int(frame.info.get("duration", 100)), 20))
            frames.append(_resized(frame.convert("RGBA"), wanted))
        target = io.BytesIO()
        frames[0].save(
            target,
            "WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=max(LONGEST_MOVEMENT // sum(durations), 1),
            quality=75,
            method=0,
        )
        widest = max(widest, frames[0].size)
        sizes[frames[0].width] = target.getvalue()
    return Prepared(*widest, "image/webp", sizes)


def _resized(image: Image.Image, width: int) -> Image.Image:
    scale = min(width / image.width, width * _TALLEST / image.height, 1)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _upright_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    # Each copy of a large picture takes hundreds of megabytes, so it is changed in place where that can be.
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):  # 16 bits a channel: eight are enough for a page
        image = image.convert("I").point([value / 256 for value in range(65536)], "L")
    transparent = image.has_transparency_data
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _to_srgb(image, profile)
    mode = "RGBA" if transparent else "RGB"
    return image if image.mode == mode else image.convert(mode)


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


def _encode(image: Image.Image) -> bytes:
    # A copy into a new picture has no profile, EXIF, comments and locations.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    target = io.BytesIO()
    clean.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()


# The process: a picture's file on standard input; on standard output a line of JSON, then the sizes one after another.


def write(prepared: Prepared) -> Iterator[bytes]:
    """What the process prints for a picture."""
    lengths = [[width, len(content)] for width, content in prepared.sizes.items()]
    head = {
        "width": prepared.width,
        "height": prepared.height,
        "media_type": prepared.media_type,
        "sizes": lengths,
    }
    yield json.dumps(head).encode() + b"\n"
    yield from prepared.sizes.values()


def read(printed: bytes) -> Prepared:
    """The picture that the process printed. Raises `PictureRefused`."""
    line, _, contents = printed.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise PictureRefused(head["refused"])
    sizes, start = {}, 0
    for width, length in head["sizes"]:
        sizes[width] = contents[start : start + length]
        start += length
    return Prepared(head["width"], head["height"], head["media_type"], sizes)


def main() -> None:
    """Decode standard input within the limits `<bytes of memory> <seconds of CPU>` of the command line."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)  # Readers come first.
    try:
        printed = write(decode(sys.stdin.buffer.read()))
    except PictureRefused as refused:
        printed = iter([json.dumps({"refused": refused.code}).encode() + b"\n"])
    for part in printed:
        sys.stdout.buffer.write(part)


if __name__ == "__main__":
    main()
