"""A bar chart as SVG, for the figures in `docs/performance.md`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, LEFT, BAR, GAP = 720, 110, 9, 10
COLOURS = ("#a2a9b1", "#36c", "#096450")


def bars(title: str, series: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Horizontal bars: for each row its name, and one bar for each of the `series`. A value of 0 has no bar."""
    most = max((value for _, values in rows for value in values), default=1.0) or 1.0
    scale = (WIDTH - LEFT - 60) / most
    step = len(series) * BAR + GAP
    top = 40 + 16 * len(series)
    height = top + step * len(rows) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-size="11"',
        f' font-family="sans-serif"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="10" y="20" font-size="14">{escape(title)}</text>',
    ]
    for number, name in enumerate(series):
        y = 38 + 16 * number
        parts.append(f'<rect x="10" y="{y - 9}" width="10" height="10" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="26" y="{y}">{escape(name)}</text>')
    for at, (name, values) in enumerate(rows):
        y = top + at * step
        middle = y + len(series) * BAR / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{middle:g}" text-anchor="end">{escape(name)}</text>')
        for number, value in enumerate(values):
            if not value:
                continue
            across, down = value * scale, y + number * BAR
            parts.append(
                f'<rect x="{LEFT}" y="{down}" width="{across:.1f}" height="{BAR - 1}" fill="{COLOURS[number]}"/>'
            )
            parts.append(f'<text x="{LEFT + across + 4:.1f}" y="{down + 8}" font-size="9">{value:.0f}</text>')
    return "\n".join([*parts, "</svg>", ""])
