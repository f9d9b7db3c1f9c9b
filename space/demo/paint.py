"""A small paint box for the demo's pictures: gradients, paper layers, glows and grain, drawn with Pillow alone.

All lengths and points are in picture units, `WIDTH` by `HEIGHT` with the origin at the top left. What is drawn is
`SCALE` times as large and halved at the end, which smooths every edge.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 900
SCALE = 1.5
CANVAS = (round(WIDTH * SCALE), round(HEIGHT * SCALE))
FINISHED = (CANVAS[0] // 2, CANVAS[1] // 2)
GRAIN = 5

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]


def colour(text: str) -> Colour:
    """`rrggbb` as three numbers."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def colours(text: str) -> list[Colour]:
    """Several `rrggbb`, separated by blanks."""
    return [colour(part) for part in text.split()]


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a `share` (0–1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def curve(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A smooth line through `points` (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    line: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            line.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    line.append(points[-1])
    return line


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ridge(rng: Random, base: float, height: float, rough: float = 0.5, waves: int = 6) -> list[Point]:
    """The outline of a hill or wave from the left edge to the right: sines of falling size around `base`."""
    parts = [
        (height * rough**n, (n + 1) * rng.uniform(0.7, 1.3), rng.uniform(0, math.tau)) for n in range(waves)
    ]
    return [
        (x, base - sum(size * math.sin(math.tau * often * x / WIDTH + start) for size, often, start in parts))
        for x in range(-8, WIDTH + 9, 4)
    ]


def jagged(rng: Random, base: float, height: float, depth: int = 8, rough: float = 0.52) -> list[Point]:
    """The outline of mountains: midpoints, moved less and less."""
    line = [base - rng.uniform(-0.2, 0.6) * height for _ in range(5)]
    for _ in range(depth):
        height *= rough
        middles = [(a + b) / 2 - rng.uniform(-1, 1) * height for a, b in pairwise(line)]
        line = [y for pair in zip(line, middles, strict=False) for y in pair] + [line[-1]]
    step = (WIDTH + 16) / (len(line) - 1)
    return [(-8 + n * step, y) for n, y in enumerate(line)]


def ground(line: Sequence[Point], bottom: float = HEIGHT + 8) -> list[Point]:
    """`line` closed downwards: the shape under an outline."""
    return [*line, (line[-1][0], bottom), (line[0][0], bottom)]


def level(line: Sequence[Point], x: float) -> float:
    """How high an outline is at `x`."""
    return min(line, key=lambda point: abs(point[0] - x))[1]


class Canvas:
    """One picture in the making."""

    def __init__(self, *stops: Colour) -> None:
        """Begin with a sky that goes through `stops` from top to bottom."""
        self._size = CANVAS
        self.image = fade(stops, self._size)
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """A flat shape."""
        self._draw.polygon(_scaled(points), fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        """A line with round joints."""
        self._draw.line(_scaled(points), fill=fill, width=max(1, round(width * SCALE)), joint="curve")

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        """A flat disc."""
        x, y = centre
        self._draw.ellipse(_scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=fill)

    def ellipse(self, box: Box, fill: Colour) -> None:
        """A flat ellipse in `box` (left, top, right, bottom)."""
        self._draw.ellipse(_scaled([box[:2], box[2:]]), fill=fill)

    def panel(self, box: Box, fill: Colour, radius: float = 0) -> None:
        """A rectangle, with round corners if wanted."""
        self._draw.rounded_rectangle(_scaled([box[:2], box[2:]]), radius * SCALE, fill=fill)

    def paper(
        self, points: Sequence[Point], top: Colour, bottom: Colour | None = None, shadow: float = 0.3
    ) -> None:
        """A shape cut from paper: it throws a soft `shadow` (0–1) upwards and fades from `top` to `bottom`."""
        mask = Image.new("L", self._size, 0)
        ImageDraw.Draw(mask).polygon(_scaled(points), fill=255)
        self.cut_out(mask, top, bottom, shadow)

    def cut_out(
        self,
        mask: Image.Image,
        top: Colour,
        bottom: Colour | None = None,
        shadow: float = 0.3,
        fall: float = -10,
    ) -> None:
        """As `paper`, with the shape given as a mask of the canvas's size; `fall`: how far down the shadow falls."""
        box = mask.getbbox()
        if box is None:
            return
        if shadow:
            # An eighth of the size is enough for what is soft, and sixty times as quick.
            margin = round(64 * SCALE)
            around = _within((box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin), self._size)
            small = mask.crop(around).reduce(8).filter(ImageFilter.GaussianBlur(5))
            moved = Image.new("L", small.size, 0)
            moved.paste(small.point(lambda value: value * shadow), (0, round(fall * SCALE / 8)))
            size = (around[2] - around[0], around[3] - around[1])
            self.image.paste((14, 12, 34), around, moved.resize(size, Image.Resampling.BILINEAR))
        size = (box[2] - box[0], box[3] - box[1])
        self.image.paste(fade((top, bottom or top), size), box, mask.crop(box))

    def mask(self) -> tuple[Image.Image, Masking]:
        """An empty mask for `cut_out`, and what draws on it in picture units."""
        mask = Image.new("L", self._size, 0)
        return mask, Masking(mask)

    def glow(self, centre: Point, radius: float, fill: Colour, strength: float = 0.6) -> None:
        """Light that falls off to nothing at `radius`."""
        side = round(radius * 2 * SCALE)
        light = Image.radial_gradient("L").point(
            lambda value: max(0.0, 1 - value / 181) ** 2 * 255 * strength
        )
        corner = (round((centre[0] - radius) * SCALE), round((centre[1] - radius) * SCALE))
        self.image.paste(fill, corner, light.resize((side, side), Image.Resampling.BICUBIC))

    def haze(self, top: float, bottom: float, fill: Colour, strength: float) -> None:
        """Mist that thickens from nothing at `top` to `strength` (0–1) at `bottom`."""
        height = round((bottom - top) * SCALE)
        mist = (
            Image.linear_gradient("L").point(lambda value: value * strength).resize((self._size[0], height))
        )
        self.image.paste(fill, (0, round(top * SCALE)), mist)

    def blurred(self, mask: Image.Image, fill: Colour, radius: float, strength: float) -> None:
        """Lay `fill` over the canvas where `mask` is, with edges as soft as `radius`."""
        small = mask.reduce(8).filter(ImageFilter.GaussianBlur(radius * SCALE / 8))
        small = small.point(lambda value: value * strength)
        self.image.paste(fill, mask=small.resize(self._size, Image.Resampling.BICUBIC))

    def jpeg(self, rng: Random) -> bytes:
        """The finished picture, with a little grain so that no gradient shows its steps."""
        picture = self.image.reduce(2)
        # Strides of one random block are cheaper than a number for each pixel, and look the same.
        noise = Image.frombytes("L", (400, 300), rng.randbytes(400 * 300))
        noise = noise.point(lambda value: 128 + (value - 128) * GRAIN / 128)
        tiled = Image.new("L", FINISHED)
        for left in range(0, FINISHED[0], 400):
            for top in range(0, FINISHED[1], 300):
                tiled.paste(noise, (left, top))
        grain = Image.merge("RGB", (tiled, tiled, tiled))
        picture = ImageChops.add(picture, grain, 1, -128)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=82, optimize=True, progressive=True)
        return out.getvalue()


class Masking:
    """Draws white shapes on a mask, in picture units."""

    def __init__(self, mask: Image.Image) -> None:
        self._draw = ImageDraw.Draw(mask)

    def polygon(self, points: Sequence[Point], fill: int = 255) -> None:
        """A shape; `fill` 0 cuts a hole."""
        self._draw.polygon(_scaled(points), fill=fill)

    def ellipse(self, box: Box, fill: int = 255) -> None:
        """An ellipse in `box`."""
        self._draw.ellipse(_scaled([box[:2], box[2:]]), fill=fill)

    def panel(self, box: Box, radius: float, fill: int = 255) -> None:
        """A rectangle with round corners."""
        self._draw.rounded_rectangle(_scaled([box[:2], box[2:]]), radius * SCALE, fill=fill)


def fade(stops: Sequence[Colour], size: tuple[int, int]) -> Image.Image:
    """An image of `size` pixels that goes evenly through `stops` from top to bottom."""
    steps = 64
    column = Image.new("RGB", (1, steps))
    for y in range(steps):
        place = y / (steps - 1) * (len(stops) - 1)
        index = min(int(place), len(stops) - 2)
        column.putpixel((0, y), mix(stops[index], stops[index + 1], place - index))
    return column.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size, Image.Resampling.NEAREST)


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def _within(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    return max(0, box[0]), max(0, box[1]), min(size[0], box[2]), min(size[1], box[3])
