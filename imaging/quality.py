"""What an arriving image is like before any device reads it."""

from imaging.pixels import Pixels
from measures.grey_levels import level_quality
from measures.image_quality import quality


def measure_quality(pixels: Pixels) -> dict[str, float]:
    """Brightness, contrast, sharpness, noise, entropy and saturation of one image, each finite.

    Measured on the grey scale of :func:`imaging.pixels.read_pixels`, so that files of one bit
    depth compare. Raises ValueError for a picture smaller than 3 by 3 pixels.
    """
    if pixels.levels is None:
        return quality(pixels.array)
    return level_quality(pixels.levels, pixels.span)
