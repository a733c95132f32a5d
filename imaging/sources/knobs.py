"""What a drill turns at a simulated hospital, each for itself: image, equipment, patients, readers.

At its neutral value a knob does nothing at all: without any turned, the simulator's bytes are
those of a plan without knobs. Lengths are pixels of a 160-pixel image.
"""

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from imaging.sources.sites import SITES, SiteProfile
from records.errors import InvalidInput

if TYPE_CHECKING:
    from imaging.sources.phantom import Image

CHILD_YEARS: Final = (1, 5)
CHILD_AGE_MEAN, CHILD_AGE_SD = 3.3, 1.3
_LOWEST_KV: Final = 40.0
_WIDE: Final = 10.0  # standard deviation of what counts as a broad shadow
_BETWEEN: Final = {
    "noise": (1.0, 100.0), "blur": (0.0, 40.0), "gain": (0.1, 20.0), "flattening": (0.0, 1.0),
    "collimation": (0.0, 0.95), "kilovolts_less": (-40.0, 100.0), "motion": (0.0, 100.0),
    "clipping": (0.0, 0.49), "extra_markers": (0, 200), "prevalence": (0.001, 0.999),
    "female_share": (0.0, 1.0), "age_mean": (18.0, 94.0), "portable_share": (0.0, 1.0),
    "subtler": (0.0, 1.0), "pneumothorax": (0.0, 1.0), "reader_skill": (-10.0, 10.0),
    "label_delay": (0, 3650),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Knobs:
    """How far each knob is turned; the default of each is neutral, None keeps the site's own value.

    Image: ``noise`` times the site's quantum noise (1 and more); ``blur`` added in quadrature;
    ``gain`` times the grey after processing (what passes white is lost); ``flattening`` share of
    broad shadows that processing takes away; ``collimation`` share of each half side shuttered at
    least; ``kilovolts_less`` tube voltage below the usual one at the same mAs; ``motion`` length of
    a vertical smear; ``clipping`` share of the grey range lost at either end; ``extra_markers``
    letters left on the picture. Equipment: side ``marker`` and the strings of the header. Patients:
    ``prevalence``, ``female_share``, ``age_mean``, ``portable_share``, how much ``subtler``
    findings are (1: all barely visible), the share of those without pneumonia who have a
    ``pneumothorax`` (of all, where the two may come ``together``), and whether they are
    ``children`` of 1 to 5 years, on a smaller field.
    Readers: ``reader_skill`` in logits of sensitivity and specificity; ``label_delay`` in days on
    top.

    Raises InvalidInput for a value out of its range.
    """

    noise: float = 1.0
    blur: float = 0.0
    gain: float = 1.0
    flattening: float = 0.0
    collimation: float = 0.0
    kilovolts_less: float = 0.0
    motion: float = 0.0
    clipping: float = 0.0
    extra_markers: int = 0
    marker: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    software: str | None = None
    prevalence: float | None = None
    female_share: float | None = None
    age_mean: float | None = None
    portable_share: float | None = None
    subtler: float = 0.0
    pneumothorax: float = 0.0
    together: bool = False
    children: bool = False
    reader_skill: float = 0.0
    label_delay: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _BETWEEN.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidInput(
                    f"The knob {name} stands at {value}.", hint=f"It goes from {low:g} to {high:g}."
                )
        if self.marker not in (None, "L", "R"):
            raise InvalidInput(f"The knob marker stands at '{self.marker}'.", hint="Use L or R.")

    @property
    def turned(self) -> dict[str, Any]:
        """The knobs that are not neutral, by name: what a drill records of itself."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }


NEUTRAL: Final = Knobs()


@cache
def site_with(name: str, knobs: Knobs) -> SiteProfile:
    """The hospital of this name as the knobs have it; the very profile where none is turned."""
    site = SITES[name]
    changes: dict[str, Any] = {}
    if knobs.noise != 1.0:  # photons scatter as the root of their number
        changes["dose"] = site.dose / knobs.noise**2
    if knobs.blur:
        changes["blur"] = float(np.hypot(site.blur, knobs.blur))
    if knobs.kilovolts_less:
        for field in ("tube_voltage_kv", "portable_voltage_kv"):
            changes[field] = max(_LOWEST_KV, getattr(site, field) - knobs.kilovolts_less)
    if knobs.children:
        changes |= {"age_mean": CHILD_AGE_MEAN, "age_sd": CHILD_AGE_SD}
    if knobs.software is not None:
        changes["updated_software"] = knobs.software
    for field in ("marker", "manufacturer", "model", "software", "prevalence", "female_share",
                  "age_mean", "portable_share"):  # fmt: skip
        if (value := getattr(knobs, field)) is not None:
            changes[field] = value
    if knobs.reader_skill:
        for field in ("reader_sensitivity", "reader_specificity"):
            before = getattr(site, field)
            odds = before / (1 - before) * np.exp(knobs.reader_skill)
            changes[field] = float(odds / (1 + odds))
    return replace(site, **changes) if changes else site


def disturbed(shown: "Image", knobs: Knobs) -> "Image":
    """The processed picture, values 0 to 1, after gain, flattening, motion and clipping."""
    from scipy import ndimage

    scale = shown.shape[0] / 160
    if knobs.motion:
        length = max(1, round(knobs.motion * scale))
        shown = ndimage.uniform_filter1d(shown, length, axis=0, mode="nearest")
    if knobs.flattening:
        wide = ndimage.gaussian_filter(shown, _WIDE * scale, mode="nearest", truncate=2.5)
        shown = shown - np.float32(knobs.flattening) * (wide - np.float32(0.5))
    if knobs.gain != 1.0:
        shown = shown * np.float32(knobs.gain)
    low = np.float32(knobs.clipping)
    whole: Image = np.clip(shown, low, np.float32(1) - low)
    return whole
