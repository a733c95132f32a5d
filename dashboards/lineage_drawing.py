"""The lineage of versions as a picture: four columns from data to decision, an arrow for each step.

Drawn as SVG, so that nothing is fetched to show it; the same stands in a table beside it.
"""

import base64
from collections.abc import Mapping
from html import escape

from dashboards.charts import AXIS, BLUE, DARK, GREEN, GREY, GROUND, INK, ORANGE
from records.lineage import DATA, DECISION, EVALUATION, KINDS, MODEL, Lineage, Node

WIDTH, HEIGHT = 212, 50
"""Of a box, in pixels."""
ACROSS, DOWN, TOP = 40, 12, 30
"""Room between columns and rows, and above for the names of the columns."""
NAMES = {DATA: "Data", MODEL: "Model", EVALUATION: "Evaluation", DECISION: "Decision"}
_EDGE = {DATA: ORANGE, MODEL: BLUE, EVALUATION: GREY, DECISION: GREEN}
_LETTERS = 38
"""That fit in a box."""


def lineage_picture(lineage: Lineage, *, dark: bool) -> tuple[str, str]:
    """The picture as an address (``data:``) for an image, and in words what it shows."""
    places = _places(lineage)
    height = max((top for _, top in places.values()), default=0) + HEIGHT + DOWN
    width = len(KINDS) * WIDTH + (len(KINDS) - 1) * ACROSS + 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="{AXIS}"/></marker></defs>',
    ]
    for at, kind in enumerate(KINDS):
        parts.append(f'<text x="{2 + at * (WIDTH + ACROSS)}" y="16" fill="{INK}" '
                     f'font-weight="600">{NAMES[kind]}</text>')  # fmt: skip
    for one in lineage.edges:
        (left, above), (right, below) = places[one.source], places[one.target]
        start, middle = left + WIDTH, (left + WIDTH + right) / 2
        parts.append(
            f'<path d="M{start} {above + HEIGHT / 2:g} C{middle:g} {above + HEIGHT / 2:g} '
            f'{middle:g} {below + HEIGHT / 2:g} {right - 1} {below + HEIGHT / 2:g}" fill="none" '
            f'stroke="{AXIS}" stroke-width="1.5" marker-end="url(#a)"/>'
        )
    parts += [_box(one, *places[one.label]) for one in lineage.nodes]
    picture = "".join([*parts, "</svg>"])
    if dark:
        for light, other in DARK.items():
            picture = picture.replace(light, other)
    counts = {kind: sum(one.kind == kind for one in lineage.nodes) for kind in KINDS}
    words = ", ".join(f"{count} of {NAMES[kind].lower()}" for kind, count in counts.items())
    return (f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}",
            f"Lineage of {lineage.device}, left to right: {words}; the table below says the "
            "same.")  # fmt: skip


def _places(lineage: Lineage) -> Mapping[str, tuple[int, float]]:
    """The left upper corner of each box: beside the middle of what leads to it, none over another.

    The fullest column, the evaluations, is dealt first; the others stand by their neighbours.
    """
    rows: dict[str, float] = {}
    order = {one.label: at for at, one in enumerate(lineage.nodes)}
    led = {one.label: [e.source for e in lineage.edges if e.target == one.label]
           for one in lineage.nodes}  # fmt: skip
    leads = {one.label: [e.target for e in lineage.edges if e.source == one.label]
             for one in lineage.nodes}  # fmt: skip
    evaluations = [one.label for one in lineage.nodes if one.kind == EVALUATION]
    evaluations.sort(key=lambda one: (min((order[s] for s in led[one]), default=0), order[one]))
    rows |= {one: float(at) for at, one in enumerate(evaluations)}
    for kind, beside in ((MODEL, leads), (DECISION, led), (DATA, leads)):
        own = [one.label for one in lineage.nodes if one.kind == kind]
        wanted = {one: _middle([rows[s] for s in beside[one] if s in rows]) for one in own}
        free = 0.0
        for one in sorted(own, key=lambda one: (wanted[one], order[one])):
            rows[one] = max(wanted[one], free)
            free = rows[one] + 1
    kinds = {one.label: KINDS.index(one.kind) for one in lineage.nodes}
    return {
        one: (2 + kinds[one] * (WIDTH + ACROSS), TOP + row * (HEIGHT + DOWN))
        for one, row in rows.items()
    }


def _middle(rows: list[float]) -> float:
    return sum(rows) / len(rows) if rows else 0.0


def _box(one: Node, left: int, top: float) -> str:
    said = f"{one.title}: {one.status}" if one.kind == EVALUATION else one.status
    return (
        f'<g><title>{escape(one.label)}: {escape(one.title)}, {escape(one.status)}</title>'
        f'<rect x="{left}" y="{top:g}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="{GROUND}" '
        f'stroke="{_EDGE[one.kind]}" stroke-width="2"/>'
        f'<text x="{left + 10}" y="{top + 21:g}" fill="{INK}" font-weight="600">'
        f'{escape(one.label)}</text>'
        f'<text x="{left + 10}" y="{top + 39:g}" fill="{INK}" font-size="12">'
        f"{escape(_short(said))}</text></g>"
    )


def _short(words: str) -> str:
    return words if len(words) <= _LETTERS else f"{words[: _LETTERS - 1]}…"
