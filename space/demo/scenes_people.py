"""Scenes of people and where they live, for the demo's pictures: crowds, towns, speech bubbles."""

from __future__ import annotations

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
    level,
    mix,
    ridge,
)

_CLOTHES = colours("d9593d f0b34a 3f8f8b 2f5d8c 8a4f7d e9e0cf 5b7f4a c9748f 264653 f4845f")
_SKINS = colours("8d5a3c c98d63 f0c9a2 6b4229 a8714a e6b48c")
_HAIRS = colours("2b1d1a 4a2f23 7a4a2b 1d1f2b b98a52 d9d4cf")
_DUSKS = ["35477d c96f7f f9c58d", "2f8f94 9fd0b4 fcecc0", "f0a35e f7cf92 fdf0d0", "4a3a70 8f5f96 f2a98c"]


def people(rng: Random) -> Canvas:
    """A crowd seen from behind, rows deep, before a large sun."""
    sky = colours(rng.choice(_DUSKS))
    canvas = Canvas(*sky)
    sun = (rng.uniform(500, 1100), 420)
    canvas.glow(sun, 700, mix(sky[-1], (255, 255, 255), 0.4), 0.8)
    canvas.disc(sun, 235, mix(sky[-1], (255, 255, 255), 0.35))
    for n in range(2):
        fill = mix(sky[1], sky[0], 0.3 + 0.3 * n)
        canvas.paper(ground(ridge(rng, 540 + 40 * n, 40, 0.5)), mix(fill, sky[-1], 0.3), fill, 0.1)
    for row in range(3):
        size = 92 + 42 * row
        x = rng.uniform(-30, 40)
        while x < WIDTH + size:
            foot = 500 + 120 * row + rng.uniform(-34, 26)
            _person(
                canvas,
                rng,
                (x, foot),
                size * rng.uniform(0.9, 1.06),
                mix(sky[1], sky[0], 0.4),
                0.36 - 0.18 * row,
            )
            x += size * rng.uniform(1.25, 1.55)
    return canvas


def _person(canvas: Canvas, rng: Random, head: Point, size: float, air: Colour, distance: float) -> None:
    x, y = head
    skin, hair, coat = (mix(rng.choice(list_), air, distance) for list_ in (_SKINS, _HAIRS, _CLOTHES))
    half, neck = size * 0.82, y + size * 0.52
    right = curve(
        [
            (x, neck),
            (x + half * 0.42, neck + size * 0.12),
            (x + half * 0.92, neck + size * 0.4),
            (x + half, HEIGHT + 20),
        ]
    )
    left = [(2 * x - a, b) for a, b in reversed(right)]
    canvas.panel(
        (x - size * 0.15, y + size * 0.2, x + size * 0.15, neck + size * 0.2), mix(skin, (40, 10, 20), 0.15)
    )
    canvas.paper(left + right, mix(coat, (255, 255, 255), 0.1), mix(coat, (20, 10, 40), 0.25), 0.28)
    kind = rng.choice(("short", "long", "bun", "scarf", "curls", "hat", "short", "bun"))
    if kind == "long":
        canvas.panel((x - size * 0.4, y - size * 0.3, x + size * 0.4, y + size * 0.78), hair, size * 0.36)
    if kind == "curls":
        for n in range(11):
            turn = n / 11
            a, b = x + size * 0.4 * (turn * 2 - 1), y - size * 0.12 - size * 0.26 * (1 - (turn * 2 - 1) ** 2)
            canvas.disc((a, b), size * 0.2, hair)
    for side in (-1, 1):
        canvas.disc((x + side * size * 0.36, y + size * 0.06), size * 0.085, skin)
    canvas.ellipse((x - size * 0.36, y - size * 0.44, x + size * 0.36, y + size * 0.44), skin)
    if kind == "scarf":
        cloth = mix(rng.choice(_CLOTHES), air, distance)
        canvas.ellipse((x - size * 0.44, y - size * 0.5, x + size * 0.44, y + size * 0.5), cloth)
        drape = curve(
            [
                (x - size * 0.42, y),
                (x - size * 0.5, y + size * 0.6),
                (x, y + size * 0.95),
                (x + size * 0.5, y + size * 0.6),
                (x + size * 0.42, y),
            ]
        )
        canvas.polygon(drape, cloth)
        canvas.line(
            curve([(x - size * 0.3, y + size * 0.5), (x, y + size * 0.66), (x + size * 0.3, y + size * 0.5)]),
            mix(cloth, (20, 10, 40), 0.2),
            3,
        )
        return
    canvas.ellipse((x - size * 0.39, y - size * 0.48, x + size * 0.39, y + size * 0.3), hair)
    if kind == "bun":
        canvas.disc((x, y - size * 0.5), size * 0.2, mix(hair, (255, 255, 255), 0.07))
    if kind == "hat":
        cloth = mix(rng.choice(_CLOTHES), air, distance)
        canvas.ellipse((x - size * 0.42, y - size * 0.56, x + size * 0.42, y + size * 0.2), cloth)
        canvas.panel(
            (x - size * 0.44, y - size * 0.12, x + size * 0.44, y + size * 0.08),
            mix(cloth, (255, 255, 255), 0.2),
            size * 0.08,
        )
        canvas.disc((x, y - size * 0.58), size * 0.1, mix(cloth, (255, 255, 255), 0.3))


def city(rng: Random) -> Canvas:
    """Homes in many colours, stacked on hillsides at dusk, with lit windows."""
    sky = colours(rng.choice(_DUSKS))
    canvas = Canvas(*sky)
    canvas.glow((rng.uniform(300, 1300), 330), 640, mix(sky[-1], (255, 255, 255), 0.5), 0.8)
    walls = colours("e2725b f0b859 5fa8a0 4f79a8 b97aa5 f1e4cb 8fae6b d95f7a f6d2a2")
    for row in range(7):
        share = row / 6
        outline = ridge(rng, 330 + 88 * row, 60 - 34 * share, 0.5)
        air = mix(sky[1], sky[0], 0.55)
        fill = mix(mix(air, colour("6f8f6b"), 0.4), colour("24303f"), share * 0.8)
        canvas.paper(ground(outline), mix(fill, sky[-1], 0.25 * (1 - share)), fill, 0.16)
        x = rng.uniform(-60, 0)
        while x < WIDTH:
            width = rng.uniform(54, 96) * (0.62 + 0.75 * share)
            if rng.random() < 0.13:
                _tree(
                    canvas,
                    rng,
                    (x + width / 2, level(outline, x + width / 2) + 12),
                    width,
                    mix(colour("2f6b52"), air, 0.5 - 0.4 * share),
                )
            else:
                foot = level(outline, x + width / 2) + 26
                _home(canvas, rng, (x, foot), width, mix(rng.choice(walls), air, 0.42 - 0.36 * share))
            x += width * rng.uniform(0.98, 1.2)
    return canvas


def _home(canvas: Canvas, rng: Random, foot: Point, width: float, wall: Colour) -> None:
    x, y = foot
    tall = width * rng.uniform(0.85, 1.5)
    top = y - tall
    canvas.paper(
        [(x, top), (x + width, top), (x + width, y + 60), (x, y + 60)],
        mix(wall, (255, 255, 255), 0.08),
        mix(wall, (20, 12, 50), 0.3),
        0.16,
    )
    roof = mix(colour("7a3b3a"), wall, rng.uniform(0.2, 0.5))
    if rng.random() < 0.7:
        canvas.polygon(
            [
                (x - width * 0.07, top),
                (x + width / 2, top - width * rng.uniform(0.26, 0.42)),
                (x + width * 1.07, top),
            ],
            roof,
        )
    else:
        canvas.panel((x - width * 0.05, top - width * 0.09, x + width * 1.05, top + 2), roof)
    columns, size = rng.choice((2, 2, 3)), width * 0.16
    for row in range(max(1, int(tall / (width * 0.42)))):
        for column in range(columns):
            left = x + width * (column + 0.5) / columns - size / 2
            above = top + width * 0.16 + row * width * 0.42
            lit = rng.random() < 0.55
            glass = colour("ffe19a") if lit else mix(wall, colour("23264a"), 0.55)
            canvas.panel(
                (left - 2, above - 2, left + size + 2, above + size * 1.4 + 2),
                mix(wall, (255, 255, 255), 0.4),
            )
            canvas.panel((left, above, left + size, above + size * 1.4), glass)


def _tree(canvas: Canvas, rng: Random, foot: Point, size: float, fill: Colour) -> None:
    x, y = foot
    canvas.panel((x - size * 0.06, y - size * 0.7, x + size * 0.06, y + 20), mix(fill, (40, 20, 20), 0.5))
    for _ in range(6):
        a, b = x + rng.uniform(-0.3, 0.3) * size, y - size * rng.uniform(0.65, 1.25)
        canvas.disc((a, b), size * rng.uniform(0.2, 0.32), mix(fill, (210, 230, 150), rng.random() * 0.25))


def letters(rng: Random) -> Canvas:
    """Speech bubbles of many colours, some written from the left and some from the right."""
    back, bubbles = rng.choice(
        [
            (colours("fbe9cf f6cfa5"), colours("e2604f f4a340 fff8ea 3d8f8a 3b5f8f f7c9b0")),
            (colours("2b2f5f 6f4f86"), colours("f4845f f9c75f f6eee3 5fb8b0 8f7fd0 e86f91")),
            (colours("d8ecea a5d0cf"), colours("1f5f7a f06f5a fdf7e8 f4b84a 5f9f7a 8a5f9a")),
        ]
    )
    canvas = Canvas(*back)
    canvas.glow((WIDTH / 2, 300), 900, (255, 255, 255), 0.3)
    places = [
        (180, 190),
        (620, 130),
        (1080, 180),
        (1420, 260),
        (60, 470),
        (420, 420),
        (880, 430),
        (1290, 540),
        (210, 700),
        (660, 720),
        (1080, 750),
        (1500, 790),
    ]
    rng.shuffle(places)
    for n, (x, y) in enumerate(places):
        centre = (x + rng.uniform(-50, 50), y + rng.uniform(-40, 40))
        _bubble(canvas, rng, centre, rng.uniform(0.8, 1.25), bubbles[n % len(bubbles)])
    return canvas


def _bubble(canvas: Canvas, rng: Random, centre: Point, scale: float, fill: Colour) -> None:
    half, tall = rng.uniform(150, 215) * scale, rng.uniform(74, 112) * scale
    x, y = centre
    mirrored = rng.random() < 0.45
    side = -1 if mirrored else 1
    mask, brush = canvas.mask()
    brush.panel((x - half, y - tall, x + half, y + tall), 46 * scale)
    foot = x - side * half * 0.55
    brush.polygon(
        [
            (foot, y + tall - 4),
            (foot + side * 70 * scale, y + tall - 4),
            (foot - side * 14 * scale, y + tall + 58 * scale),
        ]
    )
    canvas.cut_out(mask, mix(fill, (255, 255, 255), 0.1), mix(fill, (30, 10, 50), 0.08), 0.34, 14)
    bright = sum(fill) > 540
    ink = mix(fill, colour("3b2f4a"), 0.6) if bright else mix(fill, (255, 255, 255), 0.72)
    rows = int(tall * 2 / (44 * scale)) - 1
    for row in range(rows):
        length = half * (rng.uniform(1.15, 1.55) if row < rows - 1 else rng.uniform(0.5, 0.9))
        above = y - tall + 40 * scale + row * 40 * scale
        start = x - side * half * 0.78
        left, right = sorted((start, start + side * length))
        canvas.panel((left, above, right, above + 15 * scale), ink, 8 * scale)
