"""Curves of one test set: precision against recall, and the smooth calibration curve."""

from __future__ import annotations

from regulatory.documents.beyond_facts import SmoothCurves
from regulatory.documents.blocks import Figure
from regulatory.documents.figures import COLOURS, GREY, drawing
from regulatory.documents.wording import estimate_text, rests_on


def precision_and_calibration(curves: SmoothCurves, *, records: tuple[str, ...]) -> Figure:
    """How clean the flags are at each share found, and the share diseased at each probability."""
    with drawing(3.0) as (canvas, written):
        left, right = canvas.subplots(1, 2)
        left.step(curves.recall, curves.precision, where="post", color=COLOURS[0])
        left.set(title="Precision and recall", xlabel="Sensitivity (recall)",
                 ylabel="Positive predictive value (precision)")  # fmt: skip
        if curves.calibration_index is None:
            right.set_visible(False)
        else:
            right.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
            right.plot(curves.score, curves.share, color=COLOURS[1])
        right.set(title="Calibration, local parabolas", xlabel="Predicted probability",
                  ylabel="Share with finding")  # fmt: skip
        for axes in (left, right):
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        svg = written()
    basis = rests_on([curves.average_precision], "period of the locked test")
    said = f"Average precision {estimate_text(curves.average_precision)}"
    data: tuple[tuple[str, tuple[float, ...]], ...] = (
        ("sensitivity", curves.recall), ("positive predictive value", curves.precision),
    )
    if curves.calibration_index is None:
        caption = f"Precision-recall curve, internal test; {basis}"
        return Figure(caption, f"One curve. {said}.", svg, data, records)
    said += f"; integrated calibration index {estimate_text(curves.calibration_index)}"
    data += (("predicted probability", curves.score), ("share with finding", curves.share))
    caption = f"Precision-recall curve and smooth calibration curve, internal test; {basis}"
    return Figure(caption, f"Two curves. {said}.", svg, data, records)
