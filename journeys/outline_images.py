"""The outlines of a recorded reading, drawn again by the version that made it."""

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from imaging.pixels import read_pixels
from imaging.sources.masks import mask_of
from measures.lesion_sizes import numbered_lesions
from models.tasks import SegmentationTask
from records.cases import Prediction
from records.errors import Refused
from records.frozen_files import frozen_folder
from records.product import ModelVersion
from records.store import Store
from records.vault import Vault


def predicted_masks(
    store: Store, prediction: Prediction, sources: Sequence[Any]
) -> dict[str, NDArray[Any]]:
    """By SOPInstanceUID, what the version outlines in the image that a reading is of; of a volume
    the number of the lesion in each pixel of its slices, as they were recorded.

    Of an image a record holds the measurements, not the mask: the same weights outline it again.
    Empty for a task that outlines nothing, and where nothing was found.

    sources: the parsed image, rows and columns as stored; so are those of the mask.

    Raises:
        Refused: What is drawn now does not measure what is on record.
        IntegrityBroken: The version's files are not what was frozen.
    """
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, prediction.model_version_id)
    if "each" in prediction.outputs:
        return _recorded_lesions(store, prediction, sources)
    if version.model.get("task") != SegmentationTask.name:
        return {}
    from models.predict import Predictor

    folder = frozen_folder(Vault(store.workspace.vault), version)
    predictor = Predictor.load(folder, weights_hash=version.weights_hash)
    pixels = [read_pixels(one) for one in sources]
    found = predictor.predict([one.array for one in pixels], [one.spacing_mm for one in pixels])
    areas = [float(one.outputs["area"]) for one in found]
    recorded = float(prediction.outputs.get("area", math.nan))
    if not any(math.isclose(area, recorded, rel_tol=1e-3, abs_tol=1e-9) for area in areas):
        raise Refused(
            f"What {version.label} outlines now does not measure what {prediction.label} holds.",
            hint="No outline leaves that is not the recorded one; report this.",
        )
    return {
        str(source.SOPInstanceUID): one.mask
        for source, one in zip(sources, found, strict=True)
        if one.mask is not None and one.mask.any()
    }


def _recorded_lesions(
    store: Store, prediction: Prediction, sources: Sequence[Any]
) -> dict[str, NDArray[Any]]:
    """The lesions on the slices, which are given in the order of the volume."""
    said = prediction.outputs
    if not said["each"]:
        return {}
    content = Vault(store.workspace.vault).fetch(
        str(said["mask"]), of=f"the outlines of {prediction.label}"
    )
    mask, depth = mask_of(content), int(said["slices"])
    if len(sources) != depth:
        raise Refused(
            f"{prediction.label} was read of {depth} slices, and the study now has {len(sources)}.",
            hint="No outline leaves that is not on the slices that were read; report this.",
        )
    numbered = numbered_lesions(mask.reshape(depth, -1, mask.shape[1]))
    return {
        str(source.SOPInstanceUID): lesions
        for source, lesions in zip(sources, numbered, strict=True) if lesions.any()
    }
