"""How regions are prepared before features are computed: declared once, and named by a digest."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.errors import InvalidInput

VERSION = 1
"""Of this form, and of how features are computed; figures of two versions are not compared."""
FIXED_BIN_NUMBER, FIXED_BIN_SIZE = "fixed bin number", "fixed bin size"
AGGREGATIONS: Mapping[str, tuple[str, str]] = {
    "2D averaged": ("BTW3", "8QNN"),
    "2D merged": ("SUJT", "8QNN"),
    "2.5D averaged": ("JJUI", "62GR"),
    "2.5D merged": ("ZW7Z", "62GR"),
    "3D averaged": ("ITBB", "KOBO"),
    "3D merged": ("IAZD", "KOBO"),
}
"""How texture matrices of slices and directions become one number, with the IBSI identifiers: of
matrices that have directions (GLCM, GLRLM), and of those that have none."""
LEAST_BINS, MOST_BINS = 2, 1024


@dataclass(frozen=True, slots=True)
class RadiomicsSettings:
    """What is done to image and mask before a feature, in this order; IBSI manual, chapter 3.

    resample_mm: side of the isotropic grid that both are interpolated to, linearly and with the
    grids' centres aligned (a mask's voxel counts from one half on); None keeps the image's own
    grid. round_intensities: to whole numbers after interpolation, as CT is stored.
    intensity_range: both ends included; voxels outside it leave the intensity mask, not the shape.
    outlier_sigma: so do voxels further than this many standard deviations from the mean.
    discretisation: 'fixed bin number' cuts the region's own range into ``bins``; 'fixed bin size'
    counts steps of ``bin_size`` from the lower end of ``intensity_range``, or from the region's
    minimum. picture_aggregation, volume_aggregation: of texture, see :data:`AGGREGATIONS`.

    Raises InvalidInput naming the field that is wrong.
    """

    version: int = VERSION
    resample_mm: float | None = None
    round_intensities: bool = False
    intensity_range: tuple[float, float] | None = None
    outlier_sigma: float | None = None
    discretisation: str = FIXED_BIN_NUMBER
    bins: int = 32
    bin_size: float | None = None
    picture_aggregation: str = "2D averaged"
    volume_aggregation: str = "3D merged"

    def __post_init__(self) -> None:
        _require(self.version == VERSION, "version", f"is {VERSION}, the form that is known here")
        for name in ("resample_mm", "outlier_sigma"):
            value = getattr(self, name)
            _require(value is None or 0 < value < float("inf"), name, "is above 0, or left out")
        _require(self.discretisation in (FIXED_BIN_NUMBER, FIXED_BIN_SIZE), "discretisation",
                 f"is '{FIXED_BIN_NUMBER}' or '{FIXED_BIN_SIZE}'")  # fmt: skip
        if self.discretisation == FIXED_BIN_NUMBER:
            _require(LEAST_BINS <= self.bins <= MOST_BINS, "bins",
                     f"is from {LEAST_BINS} to {MOST_BINS}")  # fmt: skip
        else:
            _require(self.bin_size is not None and 0 < self.bin_size < float("inf"), "bin_size",
                     "is above 0")  # fmt: skip
        if self.intensity_range is not None:
            _require(len(self.intensity_range) == 2
                     and self.intensity_range[0] < self.intensity_range[1],
                     "intensity_range", "is a lower and a higher end")  # fmt: skip
        _require(self.picture_aggregation in ("2D averaged", "2D merged"), "picture_aggregation",
                 "is '2D averaged' or '2D merged'")  # fmt: skip
        _require(self.volume_aggregation in AGGREGATIONS, "volume_aggregation",
                 f"is one of {', '.join(AGGREGATIONS)}")  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of the declaration: figures with the same digest were prepared alike.

        >>> RadiomicsSettings().digest == RadiomicsSettings(bins=64).digest
        False
        """
        text = json.dumps(self.to_mapping(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """The declaration as plain values, for YAML and JSON."""
        values = dataclasses.asdict(self)
        for name in ("resample_mm", "outlier_sigma", "bin_size"):  # 25 and 25.0 are one setting
            values[name] = None if values[name] is None else float(values[name])
        if self.intensity_range is not None:
            values["intensity_range"] = [float(end) for end in self.intensity_range]
        return values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "RadiomicsSettings":
        """The declaration in plain values. Raises InvalidInput naming the field that is wrong.

        >>> RadiomicsSettings.from_mapping({"version": 1, "bins": 16}).bins
        16
        """
        fields = {
            one.name: one.type.__name__ if isinstance(one.type, type) else str(one.type)
            for one in dataclasses.fields(cls)
        }
        unknown = sorted(set(values) - set(fields))
        if unknown or "version" not in values:
            missing = [] if "version" in values else ["version"]
            raise InvalidInput(
                f"radiomics settings: unknown fields {unknown}, missing {missing}.",
                hint=f"Known: {', '.join(fields)}.",
            )
        return cls(**{name: _typed(name, fields[name], value) for name, value in values.items()})


def _require(right: bool, name: str, rule: str) -> None:
    if not right:
        raise InvalidInput(f"radiomics settings, {name}: it {rule}.")


def _typed(name: str, kind: str, value: Any) -> Any:
    """The value as its field holds it; a truth value is no number, nor is what is not finite."""
    if value is None and "None" in kind:
        return None
    if kind.startswith("tuple") and isinstance(value, list | tuple):
        return tuple(_typed(name, "float", one) for one in value)
    if kind.startswith("float") and _finite(value):
        return float(value)
    if kind == "int" and _finite(value) and value == int(value):
        return int(value)
    if kind in ("bool", "str") and type(value).__name__ == kind:
        return value
    raise InvalidInput(f"radiomics settings, {name}: {value!r} is not what belongs there.")


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False
