"""How the measures of a device that outlines lesions in volumes are defined, in words."""

from collections.abc import Mapping

from models.tasks.lesion_segmentation import LEAST_ML, MATCHING_IN_WORDS

KIND = "lesion_segmentation"
DEFINITIONS: Mapping[str, str] = {
    "lesion_dice": "of each lesion and the outline on it, 0 where it was missed; the mean over "
    "lesions",
    "false_positives_per_study": "outlines that are on no lesion; the mean over all studies, those "
    "without a lesion included",
    "volume_bias_percent": "outlined over true volume of the lesions found, geometric mean, less "
    "100 %",
    "volume_error_percent": "the same whichever way it is off",
    "longest_error_mm": "longest diameter in a slice (RECIST 1.1) of the outline less that of the "
    "lesion, of the lesions found; the mean",
    "longest_absolute_error_mm": "the same whichever way it is off",
}
OF_VOLUME: Mapping[str, str] = {
    "dice": "twice the volume in both outlines, of the sum of volumes, all lesions of a study "
    "together; the mean over the studies with a lesion: without one it has no meaning",
    "lesion_sensitivity": "lesions with an outline on them, of all true lesions; "
    + MATCHING_IN_WORDS,
    "auc": "share of pairs of studies, one with and one without a lesion, that the highest "
    "probability of a voxel ranks rightly",
    "sensitivity": "studies in which anything is outlined, among those with a lesion",
    "specificity": "studies in which nothing is outlined, among those without a lesion",
}
"""The same of a device that reads volumes, where a measure means something else elsewhere."""


def output_words(finding: str) -> str:
    """What the device gives for a study."""
    return (
        f"outline of each {finding} in the volume, on its own voxels, where their probability "
        f"reaches the operating point; with volume in ml, longest diameter in a slice in mm, and "
        f"highest probability. Outlines below {LEAST_ML:g} ml are left out. The score of a study "
        "is the highest probability of a voxel, the decision whether anything is outlined"
    )
