"""The worst failures as small pictures side by side: one figure a kind of failure."""

from __future__ import annotations

import base64
import io
from typing import Any

from regulatory.documents.beyond_facts import WorstFailure
from regulatory.documents.blocks import Figure
from regulatory.documents.figures import GREY, drawing
from regulatory.documents.wording import measure_name, number

HOW_SHOWN = (
    "Images as kept after de-identification, in the window that the file proposes; letters found "
    "in them are blackened, and an image whose file declares letters that were not found is not "
    "shown."
)


def failure_figures(failures: tuple[WorstFailure, ...], *, record: str) -> list[Figure]:
    """One figure for each kind; none of a record that names no picture at all."""
    by_kind: dict[str, list[WorstFailure]] = {}
    for one in failures:
        by_kind.setdefault(one.kind, []).append(one)
    return [
        _figure(kind, some, record) for kind, some in by_kind.items()
        if any(one.study for one in some)
    ]  # fmt: skip


def _figure(kind: str, failures: list[WorstFailure], record: str) -> Figure:
    pictures = [_pixels(one.picture) if one.picture else None for one in failures]
    tallest = max((one.shape[0] / one.shape[1] for one in pictures if one is not None), default=0.5)
    with drawing(0.75 + 1.2 * tallest) as (canvas, written):
        beside = canvas.subplots(1, max(5, len(failures)))
        for axes, one, picture in zip(beside, failures, pictures, strict=False):
            axes.set_title(_words(one), fontsize=5.5, fontweight="normal")
            if picture is not None:
                axes.imshow(picture, interpolation="none")
            else:
                axes.text(0.5, 0.5, "\n".join(_lines(one.absent)), ha="center", va="center",
                          fontsize=6, color=GREY)  # fmt: skip
        for axes in canvas.axes:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
        svg = written()
    said = "; ".join(
        f"{one.image} of {one.study}: truth {one.truth}, {measure_name(one.measure).lower()} "
        f"{number(one.value, 2)}" + (f", {one.words}" if one.words else "")
        + (f", {one.absent}" if one.absent else ", shown") for one in failures
    )  # fmt: skip
    regions = " Solid blue: where it truly lies. Dashed orange: what the device drew."
    return Figure(
        f"Worst failures with their images, internal test: {kind}; n = {len(failures)} shown; "
        f"period of the locked test; worst by "
        f"{measure_name(failures[0].measure).lower()}. {HOW_SHOWN}",
        f"Small images side by side. {said}.{regions}", svg,
        (("image", tuple(one.image for one in failures)),
         ("value", tuple(one.value for one in failures))),
        (record,),
    )  # fmt: skip


def _words(one: WorstFailure) -> str:
    value = f"{measure_name(one.measure).lower()} {number(one.value, 2)}"
    return "\n".join([one.image, one.study, *_lines(f"truth: {one.truth}"), value])


def _lines(words: str, width: int = 24) -> list[str]:
    import textwrap

    return textwrap.wrap(words, width)


def _pixels(png: str) -> Any:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        return np.asarray(picture.convert("RGB"))
