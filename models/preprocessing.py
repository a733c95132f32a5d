"""How a radiograph becomes a network's input, declared once and obeyed by training and serving."""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.preparation import network_input, readable, resampled
from records.errors import InvalidInput

Pictures = NDArray[np.uint8] | NDArray[np.float32]

VERSION = 1
"""Of the form of this declaration; a reader of another form refuses it."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "aspect": ("keep", "stretch"),
    "resampling": ("area", "bilinear", "bicubic"),
    "window": ("percentile", "min-max", "full-scale"),
    "normalisation": ("range", "mean-std", "z-score"),
    "layout": ("NCHW", "NHWC"),
    "polarity": ("bone-bright", "bone-dark"),
}
LUNG_WINDOW = (-1000.0, 300.0)
"""Hounsfield units that become 0 and 1: lung, vessels and nodules; bone is as white as they are."""
_LEAST_RANGE = 1e-3  # of full scale; a flatter picture stays flat
_NEEDED = ("version", "rows", "columns")


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One radiograph as the network reads it, with what is needed to answer about it.

    picture: (rows, columns) of the input. shape: rows and columns of the radiograph itself.
    seconds: that its preparation took.
    """

    picture: Pictures
    shape: tuple[int, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a radiograph of any size, in [0, 1] and bone bright, to one input of a network.

    rows, columns: of the input, pixels; 0 and 0 for a network that takes every picture in its own
    size, which is then neither resampled nor padded. aspect: 'keep' pads the shorter side with air,
    centred;
    'stretch' fills both. resampling: 'area' averages covered area, the others are Pillow's, with
    antialiasing. window: 'percentile' stretches between the picture's own percentiles
    ``window_low`` and ``window_high``, 'min-max' between its least and greatest value,
    'full-scale' keeps the stored range. levels: 256 rounds to 8 bits, 0 does not round.
    normalisation: 'range' from ``low`` (air) to ``high``; 'mean-std' subtracts and divides by
    ``mean`` and ``std``, one a channel; 'z-score' by those of the picture itself. channels: 1, or
    3 of the same. polarity: 'bone-dark' inverts. Values are 32-bit floats.

    Of a network that reads volumes: hounsfield, the two Hounsfield units that become 0 and 1, what
    lies beyond being cut off; context: slices on each side of a slice that are read with it, each a
    channel, the end ones repeated at the ends of the volume.

    Raises InvalidInput naming the field that is wrong.
    """

    version: int
    rows: int
    columns: int
    aspect: str = "keep"
    resampling: str = "area"
    window: str = "percentile"
    window_low: float = 1.0
    window_high: float = 99.0
    levels: int = 256
    normalisation: str = "range"
    low: float = -2.0
    high: float = 2.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    channels: int = 1
    layout: str = "NCHW"
    polarity: str = "bone-bright"
    hounsfield: tuple[float, ...] = ()
    context: int = 0

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            _require(getattr(self, name) in words, name, f"is one of {', '.join(words)}")
        _require(self.version == VERSION, "version", f"is {VERSION}, the form that is known here")
        for name in ("rows", "columns"):
            _require(
                16 <= getattr(self, name) <= 4096 or self.as_it_is, name,
                "is from 16 to 4096 pixels, or both are 0",
            )
        _require(0 <= self.window_low < self.window_high <= 100, "window_low",
                 "is below window_high, both from 0 to 100")  # fmt: skip
        _require(self.levels in (0, 256), "levels", "is 256, or 0 for no rounding")
        _require(self.channels in (1, 3), "channels", "is 1 or 3")
        _require(self.low < self.high, "low", "is below high")
        low_high = self.hounsfield or (0.0, 1.0)
        _require(len(low_high) == 2 and low_high[0] < low_high[1], "hounsfield",
                 "is empty or two numbers, the lower one first")  # fmt: skip
        _require(0 <= self.context <= 4, "context", "is from 0 to 4 slices")
        if self.normalisation == "mean-std":
            for name in ("mean", "std"):
                given = len(getattr(self, name))
                _require(given == self.channels, name, "has one number a channel")
            _require(min(self.std) > 0, "std", "is above 0")

    @property
    def as_it_is(self) -> bool:
        """Whether every picture keeps its own rows and columns."""
        return self.rows == self.columns == 0

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Of one input, without the batch, in the declared layout."""
        sides = (self.rows, self.columns)
        channels = self.channels + 2 * self.context
        return (channels, *sides) if self.layout == "NCHW" else (*sides, channels)

    def picture(self, array: NDArray[Any]) -> Pictures:
        """One radiograph resampled, windowed and placed: what is kept of it in a decoded dataset.

        array: 2-D, finite, in [0, 1], bone bright. Returns (rows, columns): uint8 with 256
        levels, else float32 from 0 to 1. Raises ValueError for anything else.
        """
        if not self.as_it_is and self == own_preprocessing(self.rows):
            return network_input(array, self.rows)
        picture = readable(array)
        if self.as_it_is:
            low, high = self._limits(picture)
            share = (picture - low) / max(high - low, _LEAST_RANGE)
            return np.clip(share, 0.0, 1.0).astype(np.float32)
        rows, columns = self._placed(picture.shape)
        small = _scaled(picture, rows, columns, self.resampling)
        low, high = self._limits(small)
        share = np.clip((small - low) / max(high - low, _LEAST_RANGE), 0.0, 1.0)
        whole = np.zeros((self.rows, self.columns))
        top, left = (self.rows - rows) // 2, (self.columns - columns) // 2
        whole[top : top + rows, left : left + columns] = share
        if self.polarity == "bone-dark":
            whole = 1.0 - whole
        if self.levels:
            return np.rint(255.0 * whole).astype(np.uint8)
        return whole.astype(np.float32)

    def prepared(self, array: NDArray[Any]) -> Prepared:
        """The same with the size of what it was made of; a radiograph need not be kept for it.

        Raises ValueError as :meth:`picture` does.
        """
        begun = time.perf_counter()
        picture = self.picture(array)
        rows, columns = np.shape(array)
        return Prepared(picture, (rows, columns), time.perf_counter() - begun)

    def values(self, pictures: Pictures) -> NDArray[np.float32]:
        """Pictures (n, rows, columns) as the network reads them: (n, *input_shape), float32; of
        volumes slices beside their neighbours, (n, channels, rows, columns).

        Elementwise in 32 bits, so that a picture gives the same bits in any batch.
        """
        whole = np.asarray(pictures)
        share = whole.astype(np.float32)
        if whole.dtype == np.uint8:
            share /= np.float32(255.0)
        if whole.ndim == 4:
            return np.ascontiguousarray(self._normalised(share)[0])
        channels = self._normalised(share)
        stacked = np.stack(channels, axis=1 if self.layout == "NCHW" else -1)
        return np.ascontiguousarray(stacked, dtype=np.float32)

    def to_mapping(self) -> dict[str, Any]:
        """The declaration as plain values, for YAML and JSON."""
        values = dataclasses.asdict(self)
        values |= {"mean": list(self.mean), "std": list(self.std)}
        values["hounsfield"] = list(self.hounsfield)
        for name in ("hounsfield", "context"):  # others keep the bytes that they had
            if not values[name]:
                del values[name]
        return values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Preprocessing":
        """The declaration in plain values. Raises InvalidInput naming the field that is wrong.

        >>> ours = own_preprocessing(64)
        >>> Preprocessing.from_mapping(ours.to_mapping()) == ours
        True
        """
        known = {one.name: one.type for one in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(known))
        missing = [name for name in _NEEDED if name not in values]
        if unknown or missing:
            raise InvalidInput(
                f"preprocessing: unknown fields {unknown}, missing {missing}.",
                hint=f"Known: {', '.join(known)}.",
            )
        return cls(**{name: _typed(name, known[name], value) for name, value in values.items()})

    def _placed(self, shape: tuple[int, ...]) -> tuple[int, int]:
        if self.aspect == "stretch":
            return self.rows, self.columns
        share = max(shape[0] / self.rows, shape[1] / self.columns)
        rows, columns = (max(1, round(side / share)) for side in shape)
        return min(rows, self.rows), min(columns, self.columns)

    def _limits(self, small: NDArray[np.float64]) -> tuple[float, float]:
        if self.window == "full-scale":
            return 0.0, 1.0
        if self.window == "min-max":
            return float(small.min()), float(small.max())
        low, high = np.percentile(small, (self.window_low, self.window_high))
        return float(low), float(high)

    def _normalised(self, share: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        if self.normalisation == "mean-std":
            pairs = zip(self.mean, self.std, strict=True)
            return [(share - np.float32(mean)) / np.float32(std) for mean, std in pairs]
        if self.normalisation == "z-score":
            wide = share.astype(np.float64)
            mean = wide.mean(axis=(1, 2), keepdims=True)
            spread = np.maximum(wide.std(axis=(1, 2), keepdims=True), 1e-6)
            return [((wide - mean) / spread).astype(np.float32)] * self.channels
        scaled = share * np.float32(self.high - self.low) + np.float32(self.low)
        return [scaled] * self.channels


def own_preprocessing(size: int) -> Preprocessing:
    """What our own networks read: see :func:`models.preparation.network_input`, from -2 to 2."""
    return Preprocessing(version=VERSION, rows=size, columns=size)


def volume_preprocessing(size: int, context: int) -> Preprocessing:
    """What our networks read of a CT volume: each slice as a square, air black and soft tissue
    white, beside its neighbours."""
    return Preprocessing(
        version=VERSION, rows=size, columns=size, window="full-scale", hounsfield=LUNG_WINDOW,
        context=context,
    )


def full_size() -> Preprocessing:
    """What our networks read that give a picture back: its own pixels, the whole stored range."""
    return Preprocessing(
        version=VERSION, rows=0, columns=0, window="full-scale", levels=0, low=0.0, high=1.0
    )


def _scaled(
    picture: NDArray[Any], rows: int, columns: int, resampling: str
) -> NDArray[np.float64]:
    if resampling == "area":
        return resampled(picture, rows, columns)
    from PIL import Image

    way = Image.Resampling.BILINEAR if resampling == "bilinear" else Image.Resampling.BICUBIC
    small = Image.fromarray(picture.astype(np.float32)).resize((columns, rows), way)
    return np.asarray(small, dtype=np.float64)


def _require(right: bool, name: str, rule: str) -> None:
    if not right:
        raise InvalidInput(f"preprocessing, {name}: it {rule}.")


def _typed(name: str, kind: Any, value: Any) -> Any:
    """The value as its field holds it; a truth value is no number, a text is none either."""
    wrong = InvalidInput(f"preprocessing, {name}: {value!r} is not what belongs there.")
    if kind is str or kind == "str":
        if not isinstance(value, str):
            raise wrong
        return value
    if isinstance(value, list | tuple):
        if "tuple" not in str(kind) or not all(_is_number(one) for one in value):
            raise wrong
        return tuple(float(one) for one in value)
    if "tuple" in str(kind) or not _is_number(value):
        raise wrong
    if kind is int or kind == "int":
        if value != int(value):
            raise wrong
        return int(value)
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
