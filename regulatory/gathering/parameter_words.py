"""The settings of a preprocessing and of a training, in words and with rounded numbers."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from regulatory.documents.wording import NOT_RECORDED, spaced

NAMES: Final[dict[str, str]] = {
    "aspect": "aspect ratio",
    "augment": "altered pictures",
    "balanced": "cases drawn in equal shares",
    "batch_size": "batch size",
    "brightness": "brightness shifted by at most",
    "channels": "channels of the picture",
    "classes": "classes",
    "columns": "columns of the picture",
    "contrast": "contrast scaled by at most",
    "ensemble": "networks of which the mean is taken",
    "flip": "chance of a mirrored picture",
    "gamma": "gamma altered by at most",
    "high": "highest value of the input",
    "image_passes": "pictures shown in all",
    "kind": "kind of task",
    "label_smoothing": "label smoothing",
    "layout": "order of the axes",
    "levels": "grey levels",
    "low": "lowest value of the input",
    "max_epochs": "most epochs",
    "mean": "means subtracted",
    "min_epochs": "fewest epochs",
    "network": "network",
    "normalisation": "scaling of grey values",
    "polarity": "polarity",
    "rotation": "rotated by at most",
    "rows": "rows of the picture",
    "scale": "scaled by at most",
    "shear": "sheared by at most",
    "shift": "shifted by at most",
    "std": "standard deviations divided by",
    "test_time_augmentation": "mean over altered copies at reading",
    "version": "version of the preprocessing",
    "weight_decay": "weight decay",
    "width": "width of the network (channels)",
    "window": "window of grey values",
    "window_high": "upper end of the window",
    "window_low": "lower end of the window",
}
"""By name of the setting; one that is not here is told by its name."""


def settings_told(values: Mapping[str, Any], prefix: str) -> tuple[tuple[str, str], ...]:
    """Each setting with its value, those of a group one by one.

    >>> settings_told({"std": [], "fit": {"balanced": False, "learning_rate": 0.004}}, "Training")
    ... # doctest: +NORMALIZE_WHITESPACE
    (('Training: standard deviations divided by', 'none'),
     ('Training: cases drawn in equal shares', 'no'), ('Training: learning rate', '0.004'))
    """
    return tuple(_told(values, prefix))


def _told(values: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _told(value, prefix)
        else:
            yield f"{prefix}: {NAMES.get(name, spaced(name))}", value_words(value)


def container_words(recorded: str | None) -> str:
    """In which container a version was made, without the name of the setting that tells it.

    >>> container_words("a container whose image digest nobody told (RADVIGIL_IMAGE_DIGEST)")
    'a container whose image digest nobody told'
    """
    return (recorded or NOT_RECORDED).removesuffix(" (RADVIGIL_IMAGE_DIGEST)")


def value_words(value: object) -> str:
    """A recorded setting as a document writes it: no code word, and four figures of a number.

    >>> value_words(None), value_words(True), value_words(0.17572345), value_words([])
    ('none', 'yes', '0.1757', 'none')
    >>> value_words([0.485, 0.456]), value_words(0.0), value_words("bone-bright")
    ('0.485, 0.456', '0', 'bone-bright')
    """
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "\N{MINUS SIGN}", 1) if value < 0 else f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(value_words, value)) or "none"
    return str(value)
