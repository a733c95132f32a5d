"""The free-response ROC curve: share of lesions found against false positives per image."""

from __future__ import annotations

from collections.abc import Sequence

from regulatory.documents.blocks import Figure
from regulatory.documents.facts import FreeResponse
from regulatory.documents.figures import COLOURS, DASHES, drawing
from regulatory.documents.wording import estimate_text, number

_LEAST = 0.0625  # false positives per image at the left end of the axis


def froc_figure(
    curves: Sequence[FreeResponse], *, caption: str, records: tuple[str, ...] = ()
) -> Figure:
    """The curves over a logarithmic axis of false positives per image, operating points marked."""
    with drawing(3.7, 4.8) as (canvas, written):
        axes = canvas.add_subplot()
        for place, one in enumerate(curves):
            colour = COLOURS[place % len(COLOURS)]
            score = number(one.score.value) if one.score.value is not None else "not estimable"
            axes.step(
                [max(value, _LEAST) for value in one.false_positives], one.sensitivity,
                where="post", color=colour, linestyle=DASHES[place % len(DASHES)],
                label=f"{one.label} (FROC score {score}, {one.score.n} lesions)",
            )
            false, found = one.operating_point
            axes.plot(max(false, _LEAST), found, "os^D"[place % 4], color=colour, markersize=6)
        axes.set_xscale("log", base=2)
        axes.set(xlabel="False positives per image", ylabel="Share of lesions found")
        axes.set(xlim=(_LEAST, 8), ylim=(-0.02, 1.02))
        axes.set_xticks([0.125, 0.25, 0.5, 1, 2, 4, 8], ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
        axes.legend(loc="lower right", title="marker: operating point", title_fontsize=7.5)
        svg = written()
    said = "; ".join(
        f"{one.label}: FROC score {estimate_text(one.score)}, operating point at "
        f"{number(one.operating_point[0])} false positives per image and "
        f"{number(one.operating_point[1])} of the lesions" for one in curves
    )
    data = tuple(
        pair
        for one in curves
        for pair in (
            (f"{one.label}: false positives per image", one.false_positives),
            (f"{one.label}: share of lesions found", one.sensitivity),
        )
    )
    return Figure(caption, f"Free-response ROC curve. {said}.", svg, data, records, width=0.75)
