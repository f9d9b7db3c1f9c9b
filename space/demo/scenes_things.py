"""Scenes of what people make, for the demo's pictures: books and maps."""

from __future__ import annotations

import math
from random import Random

from PIL import Image

from space.demo.paint import CANVAS, HEIGHT, WIDTH, Canvas, Colour, Point, colour, colours, curve, mix


def book(rng: Random) -> Canvas:
    """A shelf of worn books in warm light, with a stack, a plant and sometimes a lamp."""
    wall, board = rng.choice(
        [
            (colours("31465a 4d6a75 8aa39a"), colour("7a4c32")),
            (colours("6b3d3a a5654c d9a066"), colour("5a3424")),
            (colours("e8d6b3 efe2c8 f6eddb"), colour("9a6a43")),
            (colours("2d2a4a 4f4372 8a6a94"), colour("6b4031")),
        ]
    )
    canvas = Canvas(*wall)
    canvas.glow((rng.uniform(500, 1100), 180), 900, colour("ffdf9e"), 0.5)
    spines = colours("b5483a d98b3d e8c268 3f7f7a 2f4d6e 7a4766 efe3cb 587a4d 913f4b 4a6fa0")
    for shelf in (430, 830):
        canvas.paper(
            [(0, shelf), (WIDTH, shelf), (WIDTH, shelf + 34), (0, shelf + 34)],
            mix(board, wall[-1], 0.2),
            board,
        )
        _row(canvas, rng, shelf, spines)
    return canvas


def _row(canvas: Canvas, rng: Random, shelf: float, spines: list[Colour]) -> None:
    x = rng.uniform(40, 110)
    special = rng.sample(["plant", "stack", "gap", "lamp"], 3)
    while x < WIDTH - 120:
        for _ in range(rng.randint(5, 9)):
            width = rng.uniform(26, 62)
            if x + width > WIDTH - 40:
                return
            _spine(canvas, rng, (x, shelf), width, rng.uniform(190, 300), rng.choice(spines))
            x += width + 2
        match special.pop() if special else "gap":
            case "plant" if x < WIDTH - 260:
                _plant(canvas, rng, (x + 110, shelf))
                x += 230
            case "stack" if x < WIDTH - 320:
                _stack(canvas, rng, (x + 20, shelf), spines)
                x += 300
            case "lamp" if x < WIDTH - 240:
                _lamp(canvas, (x + 110, shelf))
                x += 220
            case _:
                x = _leaning(canvas, rng, (x, shelf), rng.choice(spines)) + 24


def _spine(canvas: Canvas, rng: Random, foot: Point, width: float, tall: float, fill: Colour) -> None:
    x, y = foot
    box = [(x, y - tall), (x + width, y - tall), (x + width, y), (x, y)]
    canvas.paper(box, mix(fill, (255, 255, 255), 0.1), mix(fill, (20, 10, 30), 0.25), 0.25)
    canvas.panel((x, y - tall, x + 3, y), mix(fill, (255, 255, 255), 0.25))
    gold = mix(colour("f0d79a"), fill, 0.25)
    for place in rng.choice(((0.12, 0.88), (0.1, 0.14, 0.86, 0.9), (0.16,), (0.2, 0.8))):
        canvas.panel((x, y - tall * place - 2, x + width, y - tall * place + 2), gold)
    if width > 38 and rng.random() < 0.7:
        canvas.panel((x + width * 0.28, y - tall * 0.72, x + width * 0.72, y - tall * 0.45), gold, 4)


def _leaning(canvas: Canvas, rng: Random, foot: Point, fill: Colour) -> float:
    x, y = foot
    width, tall, lean = 40.0, rng.uniform(200, 260), rng.uniform(0.18, 0.3)
    right = (math.cos(lean) * width, -math.sin(lean) * width)
    up = (-math.sin(lean) * tall, -math.cos(lean) * tall)
    start = (x - up[0] + 2, y - 0.0)
    corners = [start, (start[0] + right[0], start[1] + right[1])]
    corners += [(corners[1][0] + up[0], corners[1][1] + up[1]), (start[0] + up[0], start[1] + up[1])]
    canvas.paper(corners, mix(fill, (255, 255, 255), 0.12), mix(fill, (20, 10, 30), 0.2), 0.25)
    return max(point[0] for point in corners)


def _stack(canvas: Canvas, rng: Random, foot: Point, spines: list[Colour]) -> None:
    x, y = foot
    for _ in range(rng.randint(4, 6)):
        tall, width, shift = rng.uniform(26, 44), rng.uniform(190, 250), rng.uniform(-12, 18)
        fill = rng.choice(spines)
        left = x + shift
        box = [(left, y - tall), (left + width, y - tall), (left + width, y), (left, y)]
        canvas.paper(box, mix(fill, (255, 255, 255), 0.14), mix(fill, (20, 10, 30), 0.16), 0.2)
        canvas.panel((left + width - 16, y - tall + 5, left + width, y - 5), colour("f6ecd6"))
        canvas.panel(
            (left + 18, y - tall * 0.5 - 2, left + width * 0.5, y - tall * 0.5 + 2), colour("f0d79a")
        )
        y -= tall + 1


def _plant(canvas: Canvas, rng: Random, foot: Point) -> None:
    x, y = foot
    for _ in range(15):
        turn, reach = rng.uniform(-1.25, 1.25), rng.uniform(110, 210)
        tip = (x + math.sin(turn) * reach, y - 84 - math.cos(turn) * reach)
        middle = ((x + tip[0]) / 2, (y - 90 + tip[1]) / 2 - 18)
        side = (math.cos(turn) * 17, math.sin(turn) * 17)
        leaf = curve([(x, y - 84), (middle[0] - side[0], middle[1] - side[1]), tip])
        leaf += curve([tip, (middle[0] + side[0], middle[1] + side[1]), (x, y - 84)])
        canvas.polygon(leaf, mix(colour("2f6b4f"), colour("9cc58a"), rng.random() * 0.7))
    pot = [(x - 58, y - 100), (x + 58, y - 100), (x + 42, y), (x - 42, y)]
    canvas.paper(pot, colour("d9805a"), colour("a8533a"), 0.25)
    canvas.panel((x - 64, y - 108, x + 64, y - 84), colour("e0906a"), 5)


def _lamp(canvas: Canvas, foot: Point) -> None:
    x, y = foot
    canvas.panel((x - 46, y - 12, x + 46, y), colour("3b3040"), 6)
    canvas.panel((x - 5, y - 190, x + 5, y - 8), colour("3b3040"))
    canvas.glow((x, y - 190), 330, colour("ffdf8f"), 0.75)
    canvas.paper(
        [(x - 44, y - 268), (x + 44, y - 268), (x + 84, y - 176), (x - 84, y - 176)],
        colour("fff0c4"),
        colour("f3b95f"),
    )


def map_(rng: Random) -> Canvas:
    """A map of no place in particular: land in steps of height, routes across it, and glowing dots."""
    water, low, high, route, dot = rng.choice(
        [
            colours("9fc9d3 dfe6c4 b98f62 c4473a f6f1e2"),
            colours("12213f 2a4468 6f8fb0 f2b84b ffe8a8"),
            colours("c9dfe0 f3e3c0 c97f4f 2f6f8f fdf9ec"),
            colours("20303f 3d5a55 a3b07a ff7f5c fff0d0"),
        ]
    )
    canvas = Canvas(mix(water, (255, 255, 255), 0.08), mix(water, (0, 0, 0), 0.06))
    relief = _relief(rng)
    steps = 7
    for n in range(steps):
        edge = 118 + n * 17
        fill = mix(low, high, n / (steps - 1))
        layer = relief.point([255 if value >= edge else 0 for value in range(256)])
        canvas.cut_out(layer, mix(fill, (255, 255, 255), 0.06), fill, 0.22 if n == 0 else 0.12, 6)
    stops: list[Point] = []
    for n in range(rng.randint(4, 6)):
        line = _route(rng)
        canvas.line(line, mix(route, water, 0.55), 9)
        canvas.line(line, mix(route, dot, 0.18 * n), 4.5)
        stops += line[rng.randint(4, 14) :: rng.randint(13, 22)]
    for x, y in stops:
        if rng.random() < 0.75:
            canvas.disc((x, y), 10, mix(route, (0, 0, 0), 0.25))
            canvas.disc((x, y), 6.5, dot)
    for x, y in rng.sample(stops, min(4, len(stops))):
        canvas.glow((x, y), 110, dot, 0.6)
        _pin(canvas, (x, y), route, dot)
    return canvas


def _relief(rng: Random) -> Image.Image:
    size = CANVAS
    relief = Image.new("L", (WIDTH // 4, HEIGHT // 4), 128)
    for cells, share in (((6, 4), 0.5), ((12, 7), 0.36), ((26, 15), 0.22), ((60, 34), 0.1)):
        noise = Image.frombytes("L", cells, rng.randbytes(cells[0] * cells[1]))
        relief = Image.blend(relief, noise.resize(relief.size, Image.Resampling.BICUBIC), share)
    # Stretched, so that there is always sea and always high ground.
    levels = [value for value, count in enumerate(relief.histogram()) if count]
    low, high = levels[0], max(levels[-1], levels[0] + 1)
    stretched = [max(0, min(255, round((value - low) * 255 / (high - low)))) for value in range(256)]
    return relief.point(stretched).resize(size, Image.Resampling.BICUBIC)


def _route(rng: Random) -> list[Point]:
    upright = rng.random() < 0.4
    start, end = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)
    points: list[Point] = []
    for n in range(7):
        along, across = -0.05 + 1.1 * n / 6, start + (end - start) * n / 6 + rng.uniform(-0.13, 0.13)
        points.append((across * WIDTH, along * HEIGHT) if upright else (along * WIDTH, across * HEIGHT))
    return curve(points, 14)


def _pin(canvas: Canvas, foot: Point, fill: Colour, dot: Colour) -> None:
    x, y = foot
    side = [(x - 25, y - 50), (x - 18, y - 26), (x, y)]
    mask, brush = canvas.mask()
    brush.ellipse((x - 26, y - 82, x + 26, y - 30))
    brush.polygon(curve(side) + curve([(x, y), (x + 18, y - 26), (x + 25, y - 50)]))
    canvas.cut_out(mask, mix(fill, (255, 255, 255), 0.15), fill, 0.4, 8)
    canvas.disc((x, y - 56), 11, dot)
