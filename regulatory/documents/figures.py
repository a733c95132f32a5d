"""Pictures for documents: the same numbers give the same SVG, readable without seeing colour.

Each function returns a numbered-figure block with its description in words (alt text) and the
numbers it plots. Lettering is drawn as outlines, so no font has to be present where it is read.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from measures.estimate import Estimate
from regulatory.documents.blocks import Figure
from regulatory.documents.facts import Curve, Reliability
from regulatory.documents.wording import estimate_text, grouped, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

WIDTH_INCHES = 6.4
# Okabe and Ito's palette: distinguishable with every common colour-vision deficiency
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", "--", "-.", ":", "-", "--")
GREY = "#5b6b7b"
INK = "#16324f"

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "radvigil",
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e9ef",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.5,
}


@contextmanager
def drawing(
    height: float, width: float = WIDTH_INCHES
) -> Iterator[tuple[Canvas, Callable[[], str]]]:
    """A blank picture of the house style, in inches, and the function that writes it as SVG."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own matplotlib settings must not change a document
        mpl.rcParams.update(_STYLE)
        canvas = Canvas(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.07))
        FigureCanvasSVG(canvas)

        def written() -> str:
            target = io.StringIO()
            canvas.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
            return target.getvalue()

        yield canvas, written


def roc_curve(curves: Sequence[Curve], *, caption: str, records: tuple[str, ...] = ()) -> Figure:
    """Sensitivity against false alarms over all thresholds, with the operating point marked."""
    with drawing(3.7, 4.8) as (canvas, written):
        axes = canvas.add_subplot()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
        for place, one in enumerate(curves):
            colour = COLOURS[place % len(COLOURS)]
            auc = number(one.auc.value) if one.auc.value is not None else "not estimable"
            axes.plot(
                one.false_positive_rate,
                one.true_positive_rate,
                color=colour,
                linestyle=DASHES[place % len(DASHES)],
                label=f"{one.label} (AUC {auc}, n = {one.auc.n})",
            )
            if one.operating_point is not None:
                mark = "os^D"[place % 4]
                axes.plot(*one.operating_point, mark, color=colour, markersize=6, zorder=5)
        axes.set(xlabel="1 \N{MINUS SIGN} specificity (false-positive rate)", ylabel="Sensitivity")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.legend(loc="lower right", title="marker: operating point", title_fontsize=7.5)
        svg = written()
    said = "; ".join(f"{one.label}: AUC {estimate_text(one.auc)}{_at(one)}" for one in curves)
    data = tuple(
        pair
        for one in curves
        for pair in (
            (f"{one.label}: false-positive rate", one.false_positive_rate),
            (f"{one.label}: sensitivity", one.true_positive_rate),
        )
    )
    return Figure(caption, f"ROC curve. {said}.", svg, data, records, width=0.75)


def _at(curve: Curve) -> str:
    if curve.operating_point is None:
        return ""
    false_alarms, found = curve.operating_point
    return (
        f", operating point at false-positive rate {number(false_alarms)} "
        f"and sensitivity {number(found)}"
    )


def reliability_diagram(
    curves: Sequence[Reliability], *, caption: str, records: tuple[str, ...] = ()
) -> Figure:
    """How often it came true when the device said how likely it was."""
    with drawing(3.0) as (canvas, written):
        panels = canvas.subplots(1, len(curves), sharey=True, squeeze=False)[0]
        for place, (axes, one) in enumerate(zip(panels, curves, strict=True)):
            axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
            _draw_bins(axes, one, COLOURS[place % len(COLOURS)])
            axes.set(title=one.label, xlabel=one.across)
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        panels[0].set_ylabel(curves[0].up)
        svg = written()
    said = ". ".join(
        f"{one.label}: "
        + ", ".join(
            f"predicted {number(at, 2)} observed {estimate_text(seen, 2)}"
            for at, seen in zip(one.predicted, one.observed, strict=True)
        )
        for one in curves
    )
    data = tuple(
        pair
        for one in curves
        for pair in (
            (f"{one.label}: predicted", one.predicted),
            (f"{one.label}: observed", tuple(seen.value for seen in one.observed)),
        )
    )
    return Figure(caption, f"Reliability diagram. {said}.", svg, data, records)


def _draw_bins(axes: Axes, one: Reliability, colour: str) -> None:
    for at, seen in zip(one.predicted, one.observed, strict=True):
        if seen.value is None or seen.low is None or seen.high is None:
            continue
        axes.plot([at, at], [seen.low, seen.high], color=colour, linewidth=1.0)
        axes.plot([at], [seen.value], "o", color=colour, markersize=4)


def forest_plot(
    rows: Sequence[tuple[str, Estimate]],
    *,
    caption: str,
    axis: str,
    overall: Estimate | None = None,
    records: tuple[str, ...] = (),
) -> Figure:
    """One estimate a group under each other, with its interval; a group without one says so."""
    with drawing(0.75 + 0.23 * max(len(rows), 2)) as (canvas, written):
        axes = canvas.add_subplot()
        if overall is not None and overall.value is not None:
            axes.axvline(overall.value, color=GREY, linewidth=0.9, linestyle="--")
        for place, (_, one) in enumerate(rows):
            _draw_estimate(axes, one, place)
        axes.set_yticks(range(len(rows)), [f"{label}  (n = {one.n})" for label, one in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(axis + (", dashed line: overall" if overall is not None else ""))
        axes.grid(axis="y", visible=False)
        svg = written()
    said = "; ".join(f"{label}: {estimate_text(one)}" for label, one in rows)
    data = (
        ("group", tuple(label for label, _ in rows)),
        ("value", tuple(one.value for _, one in rows)),
        ("low", tuple(one.low for _, one in rows)),
        ("high", tuple(one.high for _, one in rows)),
    )
    return Figure(caption, f"Forest plot of {axis}. {said}.", svg, data, records)


def _draw_estimate(axes: Axes, one: Estimate, place: int) -> None:
    if one.value is None or one.low is None or one.high is None:
        axes.text(
            0.02, place, "not estimable", transform=axes.get_yaxis_transform(),
            va="center", color=COLOURS[1], fontsize=7.5, style="italic",
        )  # fmt: skip
        return
    axes.plot([one.low, one.high], [place, place], color=COLOURS[0], linewidth=1.3)
    axes.plot([one.value], [place], "s", color=COLOURS[0], markersize=4.5)


def counts_bar(
    counts: Sequence[tuple[str, int]], *, caption: str, axis: str, records: tuple[str, ...] = ()
) -> Figure:
    """Counts side by side, each with its number written out."""
    with drawing(0.7 + 0.28 * max(len(counts), 2)) as (canvas, written):
        axes = canvas.add_subplot()
        places = list(range(len(counts)))
        bars = axes.barh(places, [count for _, count in counts], color=COLOURS[0], height=0.62)
        axes.bar_label(bars, [grouped(count) for _, count in counts], padding=3, fontsize=7.5)
        axes.set_yticks(places, [label for label, _ in counts])
        axes.set_ylim(len(counts) - 0.4, -0.6)
        axes.set_xlim(0, 1.12 * max([count for _, count in counts] + [1]))
        axes.set_xlabel(axis)
        axes.grid(axis="y", visible=False)
        svg = written()
    said = "; ".join(f"{label}: {grouped(count)}" for label, count in counts)
    data = (
        ("label", tuple(label for label, _ in counts)),
        ("count", tuple(float(count) for _, count in counts)),
    )
    return Figure(caption, f"Bar chart of {axis}. {said}.", svg, data, records)
