"""Festive scenes for the demo's pictures: paper flags and lanterns."""

from __future__ import annotations

import math
from random import Random

from space.demo.paint import HEIGHT, WIDTH, Canvas, Colour, Point, colour, colours, ground, mix


def bunting(rng: Random) -> Canvas:
    """Strings of paper flags in an evening sky, or of lanterns over dark water."""
    if rng.random() < 0.5:
        return _lanterns(rng)
    canvas = Canvas(
        *rng.choice(
            [
                colours("2d6f9f 7fb7c9 fbe3b5"),
                colours("433a75 c9657f fbc078"),
                colours("2f8f8b a9d3b0 fdeec4"),
            ]
        )
    )
    canvas.glow((rng.uniform(400, 1200), 840), 900, colour("fff0c4"), 0.7)
    for n in range(3):
        fill = mix(colour("8a5a7d"), colour("2b2347"), n / 2)
        canvas.paper(_roofs(rng, 730 + 55 * n), fill, mix(fill, (10, 8, 26), 0.4), 0.25)
    flags = colours("f0574a f9b233 f4f0e0 35b0a8 e8609a 6a56b0 8fc24a")
    for row in range(5):
        start, end, sag = (
            40 + row * 112 + rng.uniform(-30, 30),
            30 + row * 112 + rng.uniform(-30, 40),
            rng.uniform(70, 130),
        )
        size = 62 + row * 13
        cord = [(x, _hang(x, start, end, sag)) for x in range(-20, WIDTH + 21, 10)]
        canvas.line(cord, colour("3b2f4a"), 2.5)
        x, place = -rng.uniform(0, size), rng.randint(0, 6)
        while x < WIDTH + size:
            _flag(
                canvas,
                (x, _hang(x, start, end, sag)),
                _hang(x + size, start, end, sag),
                size,
                flags[place % len(flags)],
            )
            x, place = x + size * 1.14, place + 1
    return canvas


def _hang(x: float, start: float, end: float, sag: float) -> float:
    share = x / WIDTH
    return start + (end - start) * share + sag * 4 * share * (1 - share)


def _flag(canvas: Canvas, corner: Point, other: float, size: float, fill: Colour) -> None:
    x, y = corner
    tall, parts = size * 1.12, 4
    mask, brush = canvas.mask()
    zigzag = [
        (x + size * n / (parts * 2), y + tall * (1 if n % 2 else 0.86)) for n in range(parts * 2, -1, -1)
    ]
    brush.polygon([(x, y), (x + size, other), *zigzag])
    middle = (x + size / 2, (y + other) / 2 + tall * 0.42)
    for n in range(6):
        turn = math.tau * n / 6
        a, b = middle[0] + math.cos(turn) * size * 0.2, middle[1] + math.sin(turn) * size * 0.2
        brush.ellipse((a - size * 0.07, b - size * 0.07, a + size * 0.07, b + size * 0.07), 0)
    for left in (0.14, 0.78):
        brush.ellipse((x + size * left, y + tall * 0.72, x + size * (left + 0.08), y + tall * 0.8), 0)
    canvas.cut_out(mask, mix(fill, (255, 255, 255), 0.12), mix(fill, (30, 10, 50), 0.12), 0.22, 8)


def _roofs(rng: Random, base: float) -> list[Point]:
    line: list[Point] = [(-10, base)]
    x = -10.0
    while x < WIDTH:
        width, high = rng.uniform(90, 190), base - rng.uniform(0, 70)
        line += [(x, high), (x + width / 2, high - rng.choice((0, 0, 34))), (x + width, high)]
        x += width
    return ground(line)


def _lanterns(rng: Random) -> Canvas:
    canvas = Canvas(*colours("101433 2a2456 6b3b66"))
    line = 640
    for n in range(2):
        canvas.paper(
            _roofs(rng, line - 60 + 50 * n), mix(colour("2b2450"), colour("14122e"), n), colour("14122e"), 0.2
        )
    canvas.paper(
        [(0, line), (WIDTH, line), (WIDTH, HEIGHT), (0, HEIGHT)], colour("3b2b5a"), colour("0d0f29"), 0
    )
    lights = colours("ffb347 ff7f50 ffd27a ff9aa2")
    spots: list[tuple[Point, float, Colour]] = []
    for row in range(4):
        start, end, sag = (
            20 + row * 95 + rng.uniform(-20, 20),
            20 + row * 95 + rng.uniform(-20, 20),
            rng.uniform(60, 110),
        )
        canvas.line(
            [(x, _hang(x, start, end, sag)) for x in range(-20, WIDTH + 21, 10)], colour("0b0c22"), 2.5
        )
        x = rng.uniform(-30, 60)
        while x < WIDTH + 40:
            spots.append(((x, _hang(x, start, end, sag) + 16 + 9 * row), 24 + 7 * row, rng.choice(lights)))
            x += rng.uniform(96, 150)
    for centre, size, fill in spots:
        mirrored = (centre[0], line + (line - centre[1]) * 0.42)
        canvas.glow(mirrored, size * 3, fill, 0.22)
        for n in range(5):
            half = size * rng.uniform(0.4, 1.1)
            y = mirrored[1] - size + n * size * 0.5
            if y > line + 6:
                canvas.ellipse(
                    (centre[0] - half, y, centre[0] + half, y + 4), mix(fill, colour("3b2b5a"), 0.35)
                )
    for centre, size, fill in spots:
        canvas.glow(centre, size * 4.2, fill, 0.42)
    for (x, y), size, fill in spots:
        mask, brush = canvas.mask()
        brush.ellipse((x - size, y - size * 0.86, x + size, y + size * 0.86))
        canvas.cut_out(mask, mix(fill, (255, 255, 230), 0.6), fill, 0)
        for part in (0.36, 0.74):
            bow = math.sqrt(1 - part**2) * size
            for side in (-1, 1):
                canvas.line(
                    [(x - bow, y + side * part * size * 0.86), (x + bow, y + side * part * size * 0.86)],
                    mix(fill, (120, 40, 20), 0.3),
                    1.4,
                )
        for side in (-1, 1):
            canvas.panel(
                (x - size * 0.42, y + side * size * 0.86 - 4, x + size * 0.42, y + side * size * 0.86 + 4),
                colour("4a2333"),
                3,
            )
    return canvas
