"""The pictures of a study as a page may show them, or why one is withheld."""

import io
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session, col, select

from imaging.pixels import PixelsRefused
from imaging.small_view import AS_PROPOSED, View, may_be_shown, shown_frame
from records.cases import Instance
from records.deletions import deleted_digests
from records.store import Store
from records.study_corrections import rejected_images
from records.vault import Vault

__all__ = ["picture_of", "study_pictures", "why_withheld"]


def study_pictures(
    store: Store, reader: Session, study_id: int, *, view: View = AS_PROPOSED
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Each kept image of the study as PNG in the window that the file proposes, or as a view of it.

    A page asks again with every click: whether an image may be shown is looked up each time, its
    picture is made once (the last :data:`KEPT` of this server).
    """
    gone, shown, withheld = deleted_digests(reader, "image"), [], []
    query = select(Instance).where(
        Instance.study_id == study_id, col(Instance.id).not_in(rejected_images())
    )
    for one in reader.exec(query.order_by(col(Instance.id))):
        if why := why_withheld(one, gone):
            withheld.append(f"{one.label}: {why}")
            continue
        try:
            shown.append(_picture(store.workspace.vault, one.digest, one.label, view))
        except PixelsRefused as refused:
            withheld.append(f"{one.label}: {refused.reason}")
    return tuple(shown), tuple(withheld)


def why_withheld(one: Instance, gone: Collection[str]) -> str:
    """Why an image is shown to nobody; '' where it may be shown.

    gone: digests whose bytes were deleted.
    """
    if one.digest in gone:
        return "its bytes were deleted"
    if not may_be_shown(one.deidentification):
        return "it may hold letters that tell who the patient is"
    return ""


KEPT: int = 32
"""Pictures of about a megabyte each."""


@lru_cache(maxsize=KEPT)
def _picture(vault: Path, digest: str, label: str, view: View) -> bytes:
    """An image by its bytes' digest as PNG; what cannot be shown is asked anew each time."""
    return picture_of(Vault(vault).fetch(digest, of=label), view)


def picture_of(content: bytes, view: View) -> bytes:
    """A DICOM file as PNG; raises PixelsRefused where it cannot be shown."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(shown_frame(content, view)).save(stream, format="PNG", optimize=False)
    return stream.getvalue()
