"""How close an enhanced, compressed or reconstructed image is to the one it should be, and how a
lesion stands out from its surroundings: PSNR, SSIM, CNR of one image.

What many images say together, with an interval, is in :mod:`measures.study_means`: one image has
none, for nothing is sampled. These compare pixels, not diagnoses.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.masks import accepted_masks

__all__ = ["contrast_to_noise", "peak_signal_to_noise", "structural_similarity"]

_SIGMA, _RADIUS = 1.5, 5  # Wang's window: 11 x 11 pixels
_K1, _K2 = 0.01, 0.03


def peak_signal_to_noise(
    reference: ArrayLike, image: ArrayLike, *, data_range: float
) -> float | None:
    """PSNR in decibels: the largest possible signal against the mean squared difference.

    reference, image: of one shape, finite. data_range: the span of possible grey values, such as
    1 or 4095; it is never guessed from the image. None when the images are equal (PSNR has no
    bound then). Raises ValueError if malformed.

    >>> round(peak_signal_to_noise([[0.0, 1.0]], [[0.1, 0.9]], data_range=1.0), 6)
    20.0
    """
    one, other = _pair(reference, image, data_range)
    error = float(np.mean((one - other) ** 2))
    return None if error == 0.0 else 10.0 * math.log10(data_range**2 / error)


def structural_similarity(reference: ArrayLike, image: ArrayLike, *, data_range: float) -> float:
    """SSIM: do brightness, contrast and structure agree around each pixel? 1 for equal images.

    Wang et al. (IEEE Trans Image Process 2004;13:600): Gaussian window of sigma 1.5 over 11
    pixels on each axis, variances without Bessel's correction, constants 0.01 and 0.03 of the data
    range, averaged over the pixels whose window lies inside the image. It can be negative.

    reference, image: of one shape, 2D or 3D, at least 11 along each axis, finite. data_range as in
    :func:`peak_signal_to_noise`. Raises ValueError if malformed.

    >>> ramp = np.tile(np.linspace(0.0, 1.0, 16), (16, 1))
    >>> structural_similarity(ramp, ramp, data_range=1.0)
    1.0
    >>> round(structural_similarity(ramp, ramp[:, ::-1], data_range=1.0), 3)
    -0.827
    """
    one, other = _pair(reference, image, data_range)
    if one.ndim not in (2, 3) or min(one.shape) < 2 * _RADIUS + 1:
        raise ValueError(f"image: needs 2 or 3 axes of at least 11 pixels, got shape {one.shape}")
    mean_one, mean_other = _window(one), _window(other)
    spread_one = _window(one * one) - mean_one**2
    spread_other = _window(other * other) - mean_other**2
    shared = _window(one * other) - mean_one * mean_other
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    top = (2.0 * mean_one * mean_other + c1) * (2.0 * shared + c2)
    bottom = (mean_one**2 + mean_other**2 + c1) * (spread_one + spread_other + c2)
    return float(np.mean(top / bottom))


def contrast_to_noise(image: ArrayLike, lesion: ArrayLike, background: ArrayLike) -> float | None:
    """CNR: how far the lesion's mean grey lies from the background's, in standard deviations of
    the background.

    image: finite grey values; lesion, background: 0/1 masks of its shape, which must not overlap.
    The standard deviation is the sample's (n - 1). None when a mask is empty, the background has
    one pixel, or it is constant. Raises ValueError if malformed (Bushberg et al., The Essential
    Physics of Medical Imaging, 4.9).

    >>> contrast_to_noise([[5.0, 5.0, 1.0, 3.0]], [[1, 1, 0, 0]], [[0, 0, 1, 1]])
    2.1213203435596424
    """
    pixels = _finite("image", image)
    inside, around = accepted_masks(lesion=lesion, background=background)
    if inside.shape != pixels.shape:
        raise ValueError(f"image has {pixels.shape}, lesion and background {inside.shape}")
    if np.any(inside & around):
        raise ValueError("lesion and background overlap")
    if not inside.any() or np.count_nonzero(around) < 2:
        return None
    noise = float(pixels[around].std(ddof=1))
    if noise <= 1e-12 * max(1.0, float(np.abs(pixels[around]).max())):
        return None
    return abs(float(pixels[inside].mean() - pixels[around].mean())) / noise


def _pair(reference: ArrayLike, image: ArrayLike, data_range: float) -> tuple[Numbers, Numbers]:
    one, other = _finite("reference", reference), _finite("image", image)
    if one.shape != other.shape:
        raise ValueError(f"images must have one shape: {one.shape} and {other.shape}")
    if not 0.0 < data_range < math.inf:
        raise ValueError(f"data_range: must be finite and above 0, not {data_range!r}")
    return one, other


def _finite(name: str, values: ArrayLike) -> Numbers:
    try:
        pixels = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name}: pixels must be numbers") from problem
    if pixels.size == 0 or not np.isfinite(pixels).all():
        raise ValueError(f"{name}: needs pixels, none missing or infinite, got {pixels.shape}")
    return pixels


def _window(pixels: Numbers) -> Numbers:
    """Gaussian means around each pixel whose window lies inside."""
    from scipy.ndimage import gaussian_filter

    inside = (slice(_RADIUS, -_RADIUS),) * pixels.ndim
    means: Numbers = gaussian_filter(pixels, _SIGMA, radius=_RADIUS)[inside]
    return means
