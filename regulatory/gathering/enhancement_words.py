"""How the measures of a device that enhances images are defined, in a report's words."""

from collections.abc import Iterator, Mapping

from models.tasks.enhancement import READ_IN_WORDS

_CLOSE = {
    "psnr": "peak signal-to-noise ratio in dB against the image at full dose, over the whole grey "
    "range",
    "ssim": "structural similarity (Wang 2004) to the image at full dose",
    "rmse_lesion": "root mean squared difference from the image at full dose inside lesions, as a "
    "share of the grey range",
    "rmse_background": "the same outside of lesions",
    "cnr": "contrast-to-noise ratio of lesions: difference of the mean grey in the lesion and in "
    "the ring around it, over the ring's standard deviation",
}
_OF = {
    "input": "of the image as it came; the mean over studies",
    "enhanced": "of the enhanced image; the mean over studies",
    "gain": "enhanced less input of the same study; the mean over studies",
}
_SPOTS = {
    "hallucinated": "marks of the fixed reader that the image at full dose does not have",
    "erased": "marks of the fixed reader at full dose that are gone",
}


def _definitions() -> Iterator[tuple[str, str]]:
    for name, what in _CLOSE.items():
        for suffix, of in _OF.items():
            yield f"{name}_{suffix}", f"{what}; {of}"
    yield "cnr_full_dose", "the contrast-to-noise ratio of lesions in the image at full dose"
    for name, rows in (("sensitivity", "with a lesion that the fixed reader calls positive"),
                       ("specificity", "without a lesion that it calls negative")):  # fmt: skip
        for of, picture in (
            ("full_dose", "at full dose"), ("input", "as they came"), ("enhanced", "enhanced"),
        ):
            yield f"{name}_{of}", f"studies {rows}, {picture}. The reader: {READ_IN_WORDS}"
        yield f"{name}_change", f"{name} enhanced less {name} at full dose, on the same studies"
    for suffix, of in (("", "in the enhanced image"), ("_input", "in the image as it came")):
        for what, words in _SPOTS.items():
            for size, which in (("", ""), ("_small", "small ones"), ("_large", "large ones")):
                kind = f", {which}" if which else ""
                yield f"{what}{size}_per_image{suffix}", f"{words}, {of}{kind}; per image"


OF_ENHANCEMENT: Mapping[str, str] = dict(_definitions())
"""By measure."""
