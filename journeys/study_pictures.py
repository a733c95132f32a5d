"""The pictures of a study as a page may show them, or why one is withheld."""

import io
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

__all__ = ["study_pictures"]


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
        if one.digest in gone:
            withheld.append(f"{one.label}: its bytes were deleted")
            continue
        if not may_be_shown(one.deidentification):
            withheld.append(f"{one.label}: it may hold letters that tell who the patient is")
            continue
        try:
            shown.append(_picture(store.workspace.vault, one.digest, one.label, view))
        except PixelsRefused as refused:
            withheld.append(f"{one.label}: {refused.reason}")
    return tuple(shown), tuple(withheld)


KEPT: int = 32
"""Pictures of about a megabyte each."""


@lru_cache(maxsize=KEPT)
def _picture(vault: Path, digest: str, label: str, view: View) -> bytes:
    """An image by its bytes' digest as PNG; what cannot be shown is asked anew each time."""
    from PIL import Image

    stream = io.BytesIO()
    grey = shown_frame(Vault(vault).fetch(digest, of=label), view)
    Image.fromarray(grey).save(stream, format="PNG", optimize=False)
    return stream.getvalue()
