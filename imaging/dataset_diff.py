"""What differs between two frozen dataset versions, item by item (REG-046; AI Act Art. 10).

An item is one image, named by its pseudonymous instance UID. Where it lies in the shards is no
difference: packing moves items without changing them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.frozen_files import frozen_folder
from records.product import DatasetVersion
from records.vault import Vault

MANIFEST = "manifest.parquet"
NAMES = {"digest": "bytes", "finding": "label"}
"""Columns of the manifest by the words that people use; the others go by their own."""
_PLACES = frozenset({"shard", "member", "instance_uid", "slice_shards"})


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One field of one item in the earlier and in the later version."""

    item: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class DatasetDifference:
    """The items that only one version has, and the fields in which the others differ."""

    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ItemChange, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many items of a site, class or part two versions hold, and what became of them.

    changed: items of the group in the later version that differ from themselves in the earlier one
    in any field.
    """

    by: str
    group: str
    before: int
    after: int
    added: int
    removed: int
    changed: int


def compare_datasets(
    vault: Vault, before: DatasetVersion, after: DatasetVersion
) -> DatasetDifference:
    """Compare the frozen manifests of two versions.

    Raises:
        IntegrityBroken: A manifest is missing or is not the one that was frozen.
    """
    return compare_and_count(vault, before, after)[0]


def compare_and_count(
    vault: Vault, before: DatasetVersion, after: DatasetVersion, *, classes: Sequence[str] = ()
) -> tuple[DatasetDifference, list[GroupCount]]:
    """Compare the frozen manifests of two versions; also in counts by site, class and part.

    classes: names of the labels by number; a label without one is told by its number.

    Raises:
        IntegrityBroken: A manifest is missing or is not the one that was frozen.
    """
    rows = read_manifest(vault, before), read_manifest(vault, after)
    found = compare_items(*rows, before.label, after.label)
    return found, count_groups(*rows, found, classes=classes)


def count_groups(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]],
    found: DatasetDifference, *, classes: Sequence[str] = (),
) -> list[GroupCount]:  # fmt: skip
    """What was found between two manifests, in counts by site, class and part.

    >>> one = {"instance_uid": "1", "split": "train", "site": "north", "finding": 1, "digest": "a"}
    >>> found = compare_items([], [one], "DSV-0001", "DSV-0002")
    >>> count_groups([], [one], found, classes=("healthy", "ill"))[1]
    GroupCount(by='class', group='ill', before=0, after=1, added=1, removed=0, changed=0)
    """
    old, new = list(before), list(after)
    names = dict(enumerate(classes))
    ways = {"site": "site", "class": "finding", "part": "split"}
    counts = []
    for by, field in ways.items():
        def of(row: Mapping[str, Any], field: str = field) -> str:
            value = _said(row.get(field))
            if field == "finding" and row.get("findings"):
                return str(row["findings"])
            return "not recorded" if value is None else str(
                names.get(value, value) if field == "finding" else value
            ).replace("_", " ")

        was = {str(row["instance_uid"]): of(row) for row in old}
        now = {str(row["instance_uid"]): of(row) for row in new}
        told = [Counter(was.values()), Counter(now.values()),
                Counter(now[one] for one in found.added),
                Counter(was[one] for one in found.removed),
                Counter(now[one] for one in {each.item for each in found.changed})]  # fmt: skip
        counts += [
            GroupCount(by, group, *(one[group] for one in told))
            for group in sorted({*was.values(), *now.values()})
        ]
    return counts


def read_manifest(
    vault: Vault, version: DatasetVersion, *columns: str
) -> list[dict[str, Any]]:
    """The rows of a frozen manifest, one an image, after its bytes were compared with the record.

    columns: these only; without any, all.

    Raises:
        IntegrityBroken: It is missing, or was altered.
    """
    import pyarrow.parquet as pq

    path = frozen_folder(vault, version, MANIFEST) / MANIFEST
    rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns) or None).to_pylist()
    return rows


def compare_items(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], earlier: str,
    later: str,
) -> DatasetDifference:
    """Compare the rows of two manifests.

    >>> one = {"instance_uid": "1", "split": "train", "finding": 0, "digest": "a"}
    >>> found = compare_items([one], [one | {"split": "tuning"}], "DSV-0001", "DSV-0002")
    >>> found.changed
    (ItemChange(item='1', field='split', before='train', after='tuning'),)
    """
    old, new = ({str(row["instance_uid"]): row for row in rows} for rows in (before, after))
    changes = tuple(
        ItemChange(item, NAMES.get(field, field), _said(old[item].get(field)),
                   _said(new[item].get(field)))
        for item in sorted(old.keys() & new.keys())
        for field in sorted({*old[item], *new[item]} - _PLACES)
        if _said(old[item].get(field)) != _said(new[item].get(field))
    )  # fmt: skip
    return DatasetDifference(
        earlier, later, tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())), changes,
        len(old.keys() & new.keys()) - len({one.item for one in changes}),
    )


def _said(value: Any) -> Any:
    """Not recorded is None, however the manifest writes it."""
    return None if value != value or value == "" else value
