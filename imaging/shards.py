"""The images of a dataset in a few large files: uncompressed tar shards, shared between versions.

A million images are some hundred files for DVC. Adding cases adds shards and leaves the earlier
ones as they are, so that the next version holds the same files, and their bytes lie in the vault
once. A shard is shared whole or not at all: a version holds no image that it does not name.
"""

import io
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from records.disk import link
from records.vault import Vault

SHARD_BYTES = 256 * 1024 * 1024
"""The most that a shard holds, headers included; one larger image has a shard of its own."""

_BLOCK, _RECORD = 512, 10_240


@dataclass(frozen=True)
class Shards:
    """The shards of an earlier version: their folder, and the digests of the images in each."""

    folder: Path
    images: Mapping[str, frozenset[str]] = field(default_factory=dict)


NONE_YET = Shards(Path())


def shards_of(folder: Path) -> Shards:
    """The shards of a frozen dataset, by its manifest."""
    import pyarrow.parquet as pq

    images: dict[str, set[str]] = {}
    for row in pq.read_table(folder / "manifest.parquet").to_pylist():
        images.setdefault(row["shard"], set()).add(row["digest"])
        for place in str(row.get("slice_shards", "")).split():
            shard, _, numbers = place.partition(":")
            low, high = map(int, numbers.split("-"))
            images.setdefault(shard, set()).update(row["slices"].split()[low : high + 1])
    return Shards(folder, {shard: frozenset(found) for shard, found in images.items()})


def pack_images(
    vault: Vault, rows: Sequence[dict[str, Any]], folder: Path, *, earlier: Shards = NONE_YET
) -> None:
    """Put the image of each row into a shard, and tell each row its ``shard`` and ``member``.

    Of a volume the images are ``slices``, digests in their order, and the row is told in
    ``slice_shards`` which shard holds which of them, counted from 0: ``images-0000.tar:0-47``. The
    bytes depend on the rows and the earlier version only: fixed order, no times, no owners.

    Raises:
        IntegrityBroken: The bytes of an image are not what its record names.
    """
    wanted = {
        digest: row["record"] for row in rows
        for digest in (row["slices"].split() if "slices" in row else [row["digest"]])
    }
    place = _share(earlier, frozenset(wanted), folder)
    fresh = {digest: record for digest, record in wanted.items() if digest not in place}
    place |= _write(vault, fresh, folder, "shard", ".dcm", number=_next_number(earlier))
    for row in rows:
        row["shard"], row["member"] = place[row["digest"]], _member(row["digest"])
        if "slices" in row:
            row["slice_shards"] = _runs([place[one] for one in row["slices"].split()])


def pack_masks(vault: Vault, rows: Sequence[dict[str, Any]], folder: Path) -> None:
    """Put the true outline of each row into shards of their own, ``region`` and ``.png`` the name.

    Each row holds ``region``, a SHA-256, and ``region_record``, the label of the record that names
    it; in place of the latter it is told its ``region_shard``. Masks are some kilobytes each and
    are not shared between versions.

    Raises:
        IntegrityBroken: The bytes of a mask are not what its record names.
    """
    wanted = {row["region"]: row["region_record"] for row in rows}
    place = _write(vault, wanted, folder, "masks", ".png")
    for row in rows:
        del row["region_record"]
        row["region_shard"] = place[row["region"]]


def _write(
    vault: Vault, wanted: Mapping[str, str], folder: Path, name: str, suffix: str, *,
    number: int = 0,
) -> dict[str, str]:  # fmt: skip
    """Fetch each digest that a record names, in order, into numbered files; which one holds it."""
    place: dict[str, str] = {}
    room = 0
    with ExitStack() as current:
        for digest, record in wanted.items():
            content = vault.fetch(digest, of=record)
            if _room(content) > room:
                current.close()
                file, number, room = f"{name}-{number:04d}.tar", number + 1, SHARD_BYTES - _RECORD
                archive = current.enter_context(
                    tarfile.open(folder / file, "w", format=tarfile.USTAR_FORMAT)
                )
            room -= _room(content)
            entry = tarfile.TarInfo(digest + suffix)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            place[digest] = file
    return place


def _share(earlier: Shards, wanted: frozenset[str], folder: Path) -> dict[str, str]:
    """Link every earlier shard that holds wanted images only; where each of those lies."""
    place: dict[str, str] = {}
    for shard, images in earlier.images.items():
        if images <= wanted:
            link(earlier.folder / shard, folder / shard)
            place |= dict.fromkeys(images, shard)
    return place


def _runs(shards: Sequence[str]) -> str:
    """Which shard holds which of some slices, run by run.

    >>> _runs(["a.tar", "a.tar", "b.tar"])
    'a.tar:0-1 b.tar:2-2'
    """
    starts = [at for at, one in enumerate(shards) if at == 0 or one != shards[at - 1]]
    ends = [*(at - 1 for at in starts[1:]), len(shards) - 1]
    return " ".join(f"{shards[a]}:{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _room(content: bytes) -> int:
    return _BLOCK + -(-len(content) // _BLOCK) * _BLOCK


def _member(digest: str) -> str:
    return f"{digest}.dcm"


def _next_number(earlier: Shards) -> int:
    """Numbers go on behind those of the earlier version: a name means one content in both."""
    return max((int(name[6:-4]) + 1 for name in earlier.images), default=0)
