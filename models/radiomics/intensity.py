"""How bright a region is: statistics of its intensities, and of its grey levels' histogram."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.radiomics.region import Region

Found = Mapping[str, float]
Values = NDArray[Any]


def intensity_statistics(region: Region) -> Found:
    """Statistics of the intensities as stored; IBSI manual, 4.3 (UHIW).

    Undefined ones are NaN: skewness and kurtosis of equal intensities, a share of a mean of 0.
    """
    values = region.values
    shared = _statistics(values)
    return {f"stat_{name}": value for name, value in shared.items()} | {
        "stat_energy": float((values**2).sum()),
        "stat_rms": float(np.sqrt((values**2).mean())),
    }


def intensity_histogram(region: Region) -> Found:
    """Statistics of the grey levels after discretisation; IBSI manual, 4.4 (ZVCW)."""
    levels = region.grey
    counts = np.bincount(levels, minlength=region.level_count + 1)[1:].astype(np.float64)
    share = counts[counts > 0] / levels.size
    found = {f"ih_{name}": value for name, value in _statistics(levels).items()} | {
        "ih_mode": _mode(counts, float(levels.mean())),
        "ih_entropy": float(-(share * np.log2(share)).sum()),
        "ih_uniformity": float((share**2).sum()),
    }
    if counts.size < 2:
        return found
    slope = np.gradient(counts)
    return found | {
        "ih_max_grad": float(slope.max()),
        "ih_max_grad_g": float(slope.argmax() + 1),
        "ih_min_grad": float(slope.min()),
        "ih_min_grad_g": float(slope.argmin() + 1),
    }


def _statistics(values: Values) -> dict[str, float]:
    mean, deviation = values.mean(), values.std()
    low, quarter, median, three, high = np.percentile(values, (10, 25, 50, 75, 90))
    middle = values[(values >= low) & (values <= high)]
    apart = values - mean
    spread = deviation if deviation > 0 else np.nan
    return {
        "mean": float(mean),
        "var": float(values.var()),
        "skew": float((apart**3).mean() / spread**3),
        "kurt": float((apart**4).mean() / spread**4 - 3),
        "median": float(median),
        "min": float(values.min()),
        "p10": float(low),
        "p90": float(high),
        "max": float(values.max()),
        "iqr": float(three - quarter),
        "range": float(np.ptp(values)),
        "mad": float(np.abs(apart).mean()),
        "rmad": float(np.abs(middle - middle.mean()).mean()),
        "medad": float(np.abs(values - median).mean()),
        "cov": float(deviation / mean) if mean != 0 else float("nan"),
        "qcod": float((three - quarter) / (three + quarter)) if three + quarter != 0 else np.nan,
    }


def _mode(counts: NDArray[np.float64], mean: float) -> float:
    """The most frequent level; of several, the one nearest the mean, then the lower one."""
    levels = np.flatnonzero(counts == counts.max()) + 1
    return float(levels[np.argmin(np.abs(levels - mean))])
