"""The pictures of a study as a page may show them, or why one is withheld."""

import io

from sqlmodel import Session, col, select

from imaging.pixels import PixelsRefused
from imaging.small_view import may_be_shown, shown_frame
from records.cases import Instance
from records.deletions import deleted_digests
from records.store import Store
from records.study_corrections import rejected_images
from records.vault import Vault

__all__ = ["study_pictures"]


def study_pictures(
    store: Store, reader: Session, study_id: int
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Each kept image of the study as PNG in the window that the file proposes."""
    from PIL import Image

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
            grey = shown_frame(Vault(store.workspace.vault).fetch(one.digest, of=one.label))
        except PixelsRefused as refused:
            withheld.append(f"{one.label}: {refused.reason}")
            continue
        stream = io.BytesIO()
        Image.fromarray(grey).save(stream, format="PNG", optimize=False)
        shown.append(stream.getvalue())
    return tuple(shown), tuple(withheld)
