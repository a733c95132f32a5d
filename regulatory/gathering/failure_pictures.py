"""The worst failures of a validation with small pictures, drawn from the images in the vault.

The record holds digests and outlines, no pixels: an image that was deleted leaves no picture.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from imaging.pixels import PixelsRefused
from imaging.small_view import small_view
from records.vault import Vault
from regulatory.documents.beyond_facts import WorstFailure
from regulatory.documents.wording import spaced

DELETED = "image deleted"


def failures_of(
    stored: Mapping[str, Sequence[Mapping[str, Any]]], vault: Vault | None, *,
    gone: Collection[str],
) -> tuple[WorstFailure, ...]:  # fmt: skip
    """Each failure by kind, the worst first, with its picture or why there is none.

    gone: SHA-256 of the bytes that two people let go
    (:func:`records.deletions.deleted_digests`).

    Raises:
        IntegrityBroken: An image that nobody deleted is missing or altered.
    """
    found = []
    for kind, failures in stored.items():
        for one in failures:
            picture, absent = _picture(one, vault, gone)
            found.append(WorstFailure(
                spaced(kind), one["image"], one["site"], one.get("words", ""),
                float(one["score"]), one.get("measure", "score"), study=one.get("study", ""),
                truth=one.get("truth", ""), picture=picture, absent=absent,
            ))  # fmt: skip
    return tuple(found)


def _picture(
    one: Mapping[str, Any], vault: Vault | None, gone: Collection[str]
) -> tuple[str, str]:
    digest = one.get("digest", "")
    if not digest:
        return "", "the record is older than the pictures"
    if digest in gone:
        return "", DELETED
    if one["withheld"]:
        return "", f"not shown: {one['withheld']}"
    if vault is None:
        return "", "compiled without controlled storage"
    region = one["region"]
    try:
        drawn = small_view(
            vault.fetch(digest, of=one["image"]), letters=one["letters"],
            true_region=b"" if not region or region in gone
            else vault.fetch(region, of=f"the region of {one['study']}"),
            device=one["device"],
        )  # fmt: skip
    except PixelsRefused as refused:
        return "", f"cannot be shown: {refused.reason}"
    return base64.b64encode(drawn).decode(), ""
