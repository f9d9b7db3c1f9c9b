"""Outdoor scenes for the demo's pictures: hills, waters and gardens."""

from __future__ import annotations

import math
from random import Random

from space.demo.paint import (
    HEIGHT,
    WIDTH,
    Canvas,
    Colour,
    Point,
    colour,
    colours,
    curve,
    ground,
    jagged,
    level,
    mix,
    ridge,
)

_COLD = colour("9ccbe0")
# Sky from top to bottom | far hill and near hill | sun.
_DAYS = [
    "3d5a98 e58f8f ffd7a8 | d98f8a 2b2a55 | fff1cf",
    "7fb7be f7dfb4 fbe9cf | a9c2a0 23493f | fff7e0",
    "4b3f72 c9668a f7b26a | b0627f 2a1f45 | ffe2a6",
    "9ccbe0 dcecf0 f8efe2 | a8c6d6 2a4a6b | ffffff",
    "e8a15a f4c987 fbe6c2 | cf8d55 4b2a3f | fff3d3",
]
_WATERS = [
    "ef9a76 f9cf94 fdebc8 | f2a07f 20416f | fff4d6",
    "6fa8b8 cfe3d6 f8e6bd | 7fc0b8 123f57 | fff6da",
    "5b4b8a b9739b f6b98b | a980b0 2a2458 | ffe4b8",
    "7d8fa3 b7c2c9 dfe0d8 | 8fa5b3 22364d | f3f0e3",
]


def palette(rng: Random, choices: list[str]) -> tuple[list[Colour], Colour, Colour, Colour]:
    """One of `choices`: its sky, far hills, near hills and light."""
    sky, hills, sun = rng.choice(choices).split(" | ")
    far, near = colours(hills)
    return colours(sky), far, near, colour(sun)


def landscape(rng: Random) -> Canvas:
    """Hills behind hills under a low sun, with firs in front; sometimes with peaks; snow falls under the cold sky."""
    sky, far, near, light = palette(rng, _DAYS)
    canvas = Canvas(*sky)
    sun = (rng.uniform(300, 1300), rng.uniform(230, 380))
    canvas.glow(sun, 620, light, 0.75)
    canvas.disc(sun, rng.uniform(52, 84), light)
    _clouds(canvas, rng, light)
    if rng.random() < 0.5:
        _peaks(canvas, rng, far, sky[-1])
    layers = 6
    for n in range(layers):
        share = n / (layers - 1)
        outline = ridge(rng, 470 + share * 300, 62 - 18 * share, 0.52)
        top = mix(far, near, share**0.9)
        canvas.paper(
            ground(outline), mix(top, light, 0.16 * (1 - share)), mix(top, near, 0.35), 0.14 + 0.2 * share
        )
        if share >= 0.4:
            firs(canvas, rng, outline, mix(top, near, 0.55), share)
    if sky[0] == _COLD:
        _snow(canvas, rng)
    return canvas


def _clouds(canvas: Canvas, rng: Random, light: Colour) -> None:
    for _ in range(3):
        mask, brush = canvas.mask()
        x, y = rng.uniform(0, WIDTH), rng.uniform(70, 330)
        for _ in range(9):
            width, height = rng.uniform(90, 260), rng.uniform(10, 34)
            left = x + rng.uniform(-220, 220)
            top = y + rng.uniform(-16, 16)
            brush.ellipse((left, top, left + width, top + height))
        canvas.blurred(mask, light, 9, 0.5)


def _peaks(canvas: Canvas, rng: Random, far: Colour, sky: Colour) -> None:
    for share in (0.45, 0.15):
        outline = jagged(rng, 420 + 60 * (1 - share), 190)
        canvas.paper(
            ground(outline), mix(far, (255, 255, 255), 0.45 + share * 0.5), mix(far, sky, share + 0.2), 0.1
        )


def firs(canvas: Canvas, rng: Random, outline: list[Point], fill: Colour, share: float) -> None:
    """Groups of firs along an outline; `share` 0–1 is how near they stand."""
    x = rng.uniform(-40, 120)
    while x < WIDTH + 40:
        for _ in range(rng.randint(1, 5)):
            size = rng.uniform(26, 58) * (0.35 + share * 1.25)
            _fir(canvas, (x, level(outline, x) + 6), size, fill)
            x += size * rng.uniform(0.3, 0.6)
        x += rng.uniform(60, 420) * (1.2 - share * 0.5)


def _fir(canvas: Canvas, foot: Point, size: float, fill: Colour) -> None:
    x, y = foot
    for n in range(4):
        low = y - size * 0.24 * n
        half = size * (0.3 - 0.055 * n)
        canvas.polygon([(x - half, low), (x, low - size * 0.42), (x + half, low)], fill)


def _snow(canvas: Canvas, rng: Random) -> None:
    for _ in range(260):
        canvas.disc(
            (rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)), rng.choice((1.2, 1.6, 2.2, 3.2)), (255, 255, 255)
        )


def wave(rng: Random) -> Canvas:
    """Bands of water in front of a low sun, with a boat and often birds."""
    sky, far, near, light = palette(rng, _WATERS)
    canvas = Canvas(*sky)
    sun = (rng.uniform(350, 1250), 350)
    canvas.glow(sun, 560, light, 0.8)
    canvas.disc(sun, 96, light)
    _clouds(canvas, rng, light)
    if rng.random() < 0.6:
        _birds(canvas, rng, mix(near, far, 0.25))
    canvas.paper(ground(ridge(rng, 372, 22, 0.6)), mix(far, sky[1], 0.45), mix(far, light, 0.3), 0.1)
    bands, boat_at = 9, rng.randint(3, 5)
    for n in range(bands):
        share = n / (bands - 1)
        outline = _swell(rng, 405 + share**1.25 * 400, 5 + 24 * share, 4.6 - 2.7 * share)
        fill = mix(far, near, share)
        canvas.paper(
            ground(outline),
            mix(fill, light, 0.3 * (1 - share * 0.6)),
            mix(fill, near, 0.3),
            0.1 + 0.14 * share,
        )
        canvas.line(outline, mix(fill, light, 0.5 - 0.25 * share), 1.2 + 2.4 * share)
        _glitter(canvas, rng, sun[0], outline, light, share)
        if n == boat_at:
            _boat(canvas, rng, outline, near)
    return canvas


def _swell(rng: Random, base: float, height: float, often: float) -> list[Point]:
    start, other = rng.uniform(0, math.tau), rng.uniform(0, math.tau)
    line = []
    for x in range(-8, WIDTH + 9, 4):
        turn = math.tau * often * x / WIDTH + start
        crest = math.sin(turn + 0.45 * math.sin(turn))
        line.append((float(x), base - height * (0.75 * crest + 0.35 * math.sin(turn * 0.43 + other))))
    return line


def _glitter(
    canvas: Canvas, rng: Random, x: float, outline: list[Point], light: Colour, share: float
) -> None:
    for _ in range(9):
        middle = x + rng.gauss(0, 40 + 130 * share)
        y, half = level(outline, middle) + rng.uniform(6, 26 + 20 * share), rng.uniform(8, 22 + 26 * share)
        if 0 < middle < WIDTH:
            canvas.ellipse(
                (middle - half, y, middle + half, y + 1.6 + 2.6 * share), mix(light, (255, 255, 255), 0.2)
            )


def _birds(canvas: Canvas, rng: Random, fill: Colour) -> None:
    x, y = rng.uniform(250, 1000), rng.uniform(110, 200)
    for n in range(rng.randint(5, 11)):
        side = -1 if n % 2 else 1
        left, top = x + 36 * (n + 1) // 2 * side, y + 15 * ((n + 1) // 2) + rng.uniform(-5, 5)
        size = rng.uniform(11, 17)
        wing = [(left - size * 1.4, top - size * 0.5), (left - size * 0.6, top - size * 0.55), (left, top)]
        wing += [(left + size * 0.6, top - size * 0.55), (left + size * 1.4, top - size * 0.5)]
        canvas.line(curve(wing), fill, 3)


def _boat(canvas: Canvas, rng: Random, outline: list[Point], near: Colour) -> None:
    x = rng.uniform(320, 1280)
    y = level(outline, x) + 8
    hull = curve([(x - 96, y - 28), (x - 60, y + 2), (x, y + 12), (x + 60, y + 2), (x + 96, y - 28)])
    canvas.paper(hull, colour(rng.choice(("e9b949", "d9593d", "3f8f8b"))), near, 0.25)
    canvas.line([(x - 92, y - 22), (x, y - 8), (x + 92, y - 22)], colour("fff3d9"), 4)
    canvas.line([(x - 6, y - 6), (x - 6, y - 148)], mix(near, (0, 0, 0), 0.2), 5)
    canvas.polygon([(x, y - 146), (x + 78, y - 26), (x, y - 20)], colour("fff4df"))
    canvas.polygon([(x - 12, y - 128), (x - 58, y - 30), (x - 12, y - 24)], colour("f3d9b8"))


def garden(rng: Random) -> Canvas:
    """Flowers and leaves, close, before misty slopes."""
    sky, far, near, light = palette(rng, _DAYS[1:4])
    leaf = colour(rng.choice(("1f5a48", "2c6b4f", "1d4f5a")))
    canvas = Canvas(*sky)
    canvas.glow((rng.uniform(400, 1200), 240), 700, light, 0.8)
    for n in range(3):
        fill = mix(mix(far, leaf, 0.25 * n), near, 0.12 * n)
        canvas.paper(ground(ridge(rng, 470 + 90 * n, 60, 0.5)), mix(fill, light, 0.35), fill, 0.12)
    canvas.haze(430, 760, light, 0.45)
    blooms = colours("f0746a f7b84b fff4e3 b579c9 f49ab0 5f8fd6")
    rng.shuffle(blooms)
    for row in range(3):
        share = row / 2
        fill = mix(mix(leaf, light, 0.35), leaf, share)
        canvas.paper(ground(ridge(rng, 760 + 60 * row, 26, 0.6)), fill, mix(fill, (8, 24, 30), 0.3), 0.2)
        x = rng.uniform(-20, 60)
        while x < WIDTH + 40:
            foot = (x, 800 + 60 * row)
            tall = rng.uniform(170, 420) * (0.75 + 0.3 * share)
            if rng.random() < 0.62:
                _flower(canvas, rng, foot, tall, fill, blooms[(row + rng.randint(0, 1)) % len(blooms)], share)
            else:
                _blades(canvas, rng, foot, tall * 0.8, fill)
            x += rng.uniform(42, 120)
    return canvas


def _flower(
    canvas: Canvas, rng: Random, foot: Point, tall: float, stem: Colour, bloom: Colour, share: float
) -> None:
    lean = rng.uniform(-60, 60)
    line = curve([foot, (foot[0] + lean * 0.2, foot[1] - tall * 0.5), (foot[0] + lean, foot[1] - tall)])
    canvas.line(line, stem, 4 + 3 * share)
    for place, side in ((0.4, -1), (0.55, 1)):
        x, y = line[int(len(line) * place)]
        leaf = curve(
            [(x, y), (x + side * 40, y - 34), (x + side * 84, y - 46), (x + side * 46, y - 8), (x, y)]
        )
        canvas.polygon(leaf, mix(stem, (180, 220, 140), 0.16))
    x, y = line[-1]
    size, petals = rng.uniform(26, 46) * (0.8 + 0.4 * share), rng.choice((6, 8, 10))
    for ring, tone in ((1.0, mix(bloom, stem, 0.18)), (0.72, bloom)):
        for n in range(petals):
            turn = math.tau * n / petals + ring
            middle = (x + math.cos(turn) * size * ring, y + math.sin(turn) * size * ring * 0.9)
            canvas.disc(middle, size * 0.46 * ring, tone)
    canvas.disc((x, y), size * 0.42, colour("f9d463"))
    canvas.disc((x + 2, y + 3), size * 0.26, colour("d98b35"))


def _blades(canvas: Canvas, rng: Random, foot: Point, tall: float, fill: Colour) -> None:
    for _ in range(rng.randint(4, 7)):
        lean, height = rng.uniform(-90, 90), tall * rng.uniform(0.5, 1)
        tip = (foot[0] + lean, foot[1] - height)
        left = curve([(foot[0] - 8, foot[1]), (foot[0] + lean * 0.2 - 7, foot[1] - height * 0.55), tip])
        right = curve([tip, (foot[0] + lean * 0.2 + 7, foot[1] - height * 0.5), (foot[0] + 8, foot[1])])
        canvas.polygon(left + right, mix(fill, (150, 200, 130), rng.uniform(0, 0.22)))
