"""Where every study went, as a picture: counts, and beside them what left and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from regulatory.documents.blocks import Figure
from regulatory.documents.facts import FlowStep
from regulatory.documents.figures import COLOURS, INK, WIDTH_INCHES, drawing
from regulatory.documents.wording import grouped

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def flow_diagram(
    steps: Sequence[FlowStep], *, caption: str, records: tuple[str, ...] = ()
) -> Figure:
    """Where every study went: each count, and beside it what left before the next, with reasons."""
    heights = [max(0.62, 0.22 + 0.15 * len(step.removed)) for step in steps]
    heights[-1:] = [0.35] if steps and not steps[-1].removed else heights[-1:]
    with drawing(max(0.6, sum(heights) + 0.1 * len(steps) + 0.1)) as (canvas, written):
        axes = canvas.add_subplot()
        axes.set_axis_off()
        top = 0.0
        for place, (step, height) in enumerate(zip(steps, heights, strict=True)):
            _draw_step(axes, step, top, last=place == len(steps) - 1, drop=height + 0.1)
            top += height + 0.1
        axes.set(xlim=(0, WIDTH_INCHES), ylim=(top, -0.05))
        svg = written()
    said = "; ".join(f"{step.label}: {grouped(step.count)}{_left(step)}" for step in steps)
    data = tuple((step.label, (float(step.count),)) for step in steps)
    return Figure(caption, f"Flow of studies. {said}.", svg, data, records)


def _draw_step(axes: Axes, step: FlowStep, top: float, *, last: bool, drop: float) -> None:
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#eef3f8", "edgecolor": INK, "linewidth": 0.8}
    side = {**box, "facecolor": "white", "edgecolor": COLOURS[1]}
    middle = top + 0.2
    if not last:
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.9}
        axes.annotate("", (1.45, middle + drop - 0.16), (1.45, middle + 0.1), arrowprops=arrow)
    label = f"{step.label}: {grouped(step.count)}"
    axes.text(1.45, middle, label, ha="center", va="center", bbox=box)
    if step.removed:
        words = "\n".join(f"{reason}: {grouped(count)}" for reason, count in step.removed)
        away = {"arrowstyle": "-|>", "color": COLOURS[1], "linewidth": 0.9}
        axes.annotate("", (3.35, middle + 0.27), (1.45, middle + 0.27), arrowprops=away)
        axes.text(3.45, middle + 0.27, words, ha="left", va="center", fontsize=7.5, bbox=side)


def _left(step: FlowStep) -> str:
    if not step.removed:
        return ""
    return " (left: " + ", ".join(f"{why} {grouped(count)}" for why, count in step.removed) + ")"
