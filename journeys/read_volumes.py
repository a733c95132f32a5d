"""The series of a study as the volume that a version reads: from the vault to what is said."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from imaging.pixels import PixelsRefused, parse_file
from imaging.sources.masks import mask_png
from imaging.volumes import Volume, VolumeRefused, assemble_volume
from journeys.choose_images import Waiting, images_of
from journeys.gather_volumes import slices_of
from records.cases import Study
from records.errors import IntegrityBroken
from records.series_selection import SeriesSelection
from records.store import Store
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import PredictionFacts

READING_FAILED: Final = "reading failed"
"""How the reason begins for a study that was to be read and could not be."""
NOT_PREPARED: Final = f"{READING_FAILED}: its volume cannot be prepared"
One = tuple[int, int, str]
"""Study, site, and digest of the image to read."""


def volume_in_vault(vault: Vault, digests: Sequence[str], *, of: str) -> Volume:
    """The volume of some slices that are kept, in Hounsfield units.

    of: the record, for the refusal. Raises IntegrityBroken where a slice is missing or altered, or
    the slices make no volume any more.
    """
    def opened(digest: str) -> Any:
        return parse_file(vault.fetch(digest, of=of))

    try:
        return assemble_volume([partial(opened, digest) for digest in digests])
    except (PixelsRefused, VolumeRefused) as refused:
        raise IntegrityBroken(f"The series of {of} is no volume: {refused.reason}.") from refused


def said_of_studies(
    store: Store, chosen: Waiting, predictor: "Predictor", selection: SeriesSelection,
    unread: dict[int, str],
) -> Iterator[tuple[One, "PredictionFacts", tuple[float, float, float]]]:
    """What the version says of each study that can be read, in order, and its spacing in mm; one
    volume is in memory at a time.

    chosen: the studies of which the rules choose a series. unread: is given those that cannot be
    read, such as one with voxels that are no numbers, each with :data:`NOT_PREPARED`.

    Raises:
        IntegrityBroken: A slice is missing or altered.
        ValueError: None of several studies can be read: that is no fault of a volume.
    """
    from models.lesion_volumes import prepared_volume, said_of

    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        images = images_of(reader, [study_id for study_id, _, _ in chosen])
    for one in chosen:
        slices, _ = slices_of(vault, images[one[0]], selection)
        name = Study.label_of(one[0])
        volume = volume_in_vault(vault, [each.digest for each in slices], of=name)
        try:
            prepared = prepared_volume(predictor.preprocessing, volume.array, volume.spacing_mm)
            said = said_of(predictor, prepared)
        except ValueError:  # what it says may hold a value of the file
            unread[one[0]] = NOT_PREPARED
            if len(unread) == len(chosen) > 1:
                raise
            continue
        yield one, said, prepared.spacing


def kept_outputs(vault: Vault, said: "PredictionFacts", spacing: Sequence[float]) -> dict[str, Any]:
    """What is recorded of a volume beside score and decision; the outlines lie in the vault under
    ``mask``, the slices one below the other, to be compared with the true ones."""
    assert said.mask is not None
    depth, rows, columns = said.mask.shape
    kept = vault.put(mask_png((said.mask > 0).reshape(depth * rows, columns)))
    return dict(said.outputs) | {"mask": kept, "slices": depth, "spacing": list(spacing)}
