"""Night scenes for the demo's pictures."""

from __future__ import annotations

import math
from random import Random

from space.demo.paint import WIDTH, Canvas, Colour, Point, colour, ground, level, mix, ridge
from space.demo.scenes_nature import firs, palette

# As in `scenes_nature`; the light is the moon's.
_NIGHTS = [
    "0b1033 20306b 6a4f8f | 3c3d77 0b0d26 | fdf3d0",
    "081c2e 0f4555 3f8f86 | 1f5b63 061620 | f4fbe8",
    "140f2e 43256b a9577f | 4d2c66 120b24 | ffe9c9",
]


def night(rng: Random) -> Canvas:
    """Stars and a moon over dark hills: with an aurora, a lighthouse, or one lit window."""
    sky, far, near, light = palette(rng, _NIGHTS)
    canvas = Canvas(*sky)
    _stars(canvas, rng, light)
    kind = rng.choice(("aurora", "lighthouse", "moon"))
    moon = (rng.uniform(250, 1350), rng.uniform(150, 280))
    if kind == "aurora":
        _aurora(canvas, rng)
    else:
        canvas.glow(moon, 420, light, 0.5)
        canvas.disc(moon, 62, light)
    if kind == "moon":
        for x, y, size in ((-18, -14, 12), (16, 10, 16), (20, -24, 7), (-22, 24, 9)):
            canvas.disc((moon[0] + x, moon[1] + y), size, mix(light, far, 0.12))
    outlines = []
    for n in range(4):
        share = n / 3
        outlines.append(ridge(rng, 560 + share * 220, 66 - 20 * share, 0.5))
        fill = mix(far, near, share)
        canvas.paper(ground(outlines[-1]), fill, mix(fill, near, 0.5), 0.25)
        if n in (1, 3):
            firs(canvas, rng, outlines[-1], mix(fill, near, 0.7), share * 0.8)
    if kind == "lighthouse":
        _lighthouse(canvas, rng, outlines[2], light, near)
    else:
        _cabin(canvas, rng, outlines[2], near)
    return canvas


def _stars(canvas: Canvas, rng: Random, light: Colour) -> None:
    mask, brush = canvas.mask()
    tilt, middle = rng.uniform(-0.5, 0.5), rng.uniform(160, 320)
    for _ in range(60):
        x = rng.uniform(0, WIDTH)
        y, size = middle + tilt * (x - WIDTH / 2) + rng.gauss(0, 40), rng.uniform(30, 110)
        brush.ellipse((x - size, y - size / 3, x + size, y + size / 3))
    canvas.blurred(mask, mix(light, (140, 150, 255), 0.5), 30, 0.22)
    for _ in range(520):
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, 640)
        canvas.disc(
            (x, y), rng.choice((0.7, 0.8, 1.0, 1.3, 1.9)), mix(light, (150, 160, 220), rng.random() * 0.6)
        )


def _aurora(canvas: Canvas, rng: Random) -> None:
    for fill in (colour("5ef0b0"), colour("58d5e8"), colour("a875f0")):
        mask, brush = canvas.mask()
        line = ridge(rng, rng.uniform(330, 430), 70, 0.55, 4)
        for (x, y), (after, _) in zip(line[::3], line[3::3], strict=False):
            tall = 210 + 90 * math.sin(x / 70) + rng.uniform(-45, 45)
            for part in range(6):
                low, high = y - tall * part / 6, y - tall * (part + 1) / 6
                brush.polygon([(x, high), (after, high), (after, low), (x, low)], 255 - part * 44)
        canvas.blurred(mask, fill, 9, 0.5)


def _lighthouse(canvas: Canvas, rng: Random, outline: list[Point], light: Colour, near: Colour) -> None:
    x = rng.uniform(380, 1220)
    foot = level(outline, x) + 10
    lamp = foot - 232
    for side, reach in ((-1, rng.uniform(90, 150)), (1, rng.uniform(60, 120))):
        mask, brush = canvas.mask()
        brush.polygon(
            [(x, lamp - 5), (x + side * 1500, lamp - reach), (x + side * 1500, lamp + 40), (x, lamp + 5)]
        )
        canvas.blurred(mask, light, 8, 0.3)
    tower = [(x - 30, foot), (x - 19, foot - 210), (x + 19, foot - 210), (x + 30, foot)]
    canvas.paper(tower, colour("f3ead9"), colour("b9aec0"), 0.3)
    for n in (0.18, 0.55):
        a, b = 30 - 11 * n, 30 - 11 * (n + 0.17)
        low, high = foot - 210 * n, foot - 210 * (n + 0.17)
        canvas.polygon([(x - a, low), (x - b, high), (x + b, high), (x + a, low)], colour("d2504a"))
    canvas.panel((x - 26, foot - 217, x + 26, foot - 208), near)
    canvas.panel((x - 13, lamp - 14, x + 13, foot - 216), colour("fff2b8"))
    canvas.polygon([(x - 20, lamp - 13), (x, lamp - 40), (x + 20, lamp - 13)], colour("b8403f"))
    canvas.glow((x, lamp), 150, colour("fff0b0"), 0.8)


def _cabin(canvas: Canvas, rng: Random, outline: list[Point], near: Colour) -> None:
    x = rng.uniform(300, 1300)
    foot = level(outline, x) + 8
    canvas.glow((x, foot - 24), 170, colour("ffc46b"), 0.55)
    canvas.panel((x - 44, foot - 48, x + 44, foot), mix(near, (90, 60, 70), 0.35))
    canvas.polygon([(x - 62, foot - 44), (x, foot - 96), (x + 62, foot - 44)], near)
    canvas.panel((x + 22, foot - 104, x + 34, foot - 66), near)
    for left in (-28, 6):
        canvas.panel((x + left, foot - 36, x + left + 22, foot - 14), colour("ffd98a"))
