"""From studies with known truth to an immutable dataset version: split, checked, frozen.

The split is by patient: no patient is in two splits. Studies of the site held out, and those of a
second institution, are the external test and nothing else.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlmodel import Session, select

from imaging.origin import Origin
from imaging.shards import NONE_YET, Shards, pack_images, pack_masks
from records.base import canonical_json
from records.cases import GateResult, Instance
from records.counting import counted
from records.definition import DeviceDefinition
from records.errors import Refused
from records.finding_states import ABSENT, PRESENT, UNKNOWN, read_states
from records.product import DatasetVersion, Device
from records.reference_kinds import rule_declared
from records.truth import sources_of_truth
from records.vault import Frozen, Vault

if TYPE_CHECKING:
    from imaging.dataset_checks.elsewhere import Elsewhere
    from imaging.dataset_checks.report import ChecksReport

SPLITS = ("train", "tuning", "internal_test", "external_test")
SHARES = {"train": 0.5, "tuning": 0.22, "internal_test": 0.28}
"""Shares of the patients that are not held out. A large internal test carries the claims, and
is the reference that operation is compared with."""
NOTHING_DECLARED: Mapping[str, str] = MappingProxyType({})
MINIMUM = {"train": 100, "tuning": 40, "internal_test": 60}
"""Studies below which a split cannot carry what it is for."""
PARTITION = (
    "patients dealt at random within each site: "
    + ", ".join(f"{100 * share:.0f} % {split.replace('_', ' ')}" for split, share in SHARES.items())
    + "; the external test is held out whole"
)
"""How the parts are made, as the datasheet says it."""
DECLARED = (
    "as the source declares them; where it declares no tuning part, "
    "{tuning:.0f} % of the training patients, dealt at random"
)
"""The same, where the source of the images says which image belongs to which part."""
TUNING_OF_TRAINING = 0.15
"""Share of the declared training patients that become the tuning part, where none is declared."""
_OF_TASKS = ("region", "region_record", "lesions", "course", "findings", "slices")
"""What a row holds beside the finding, of a task whose truth says more."""
ALONE: Final[Mapping[str, str]] = MappingProxyType({})
"""No patient is dealt together with another."""


class DatasetRefused(Refused):
    """The dataset breaks a rule that it must not; carries the check, for the record."""

    def __init__(self, message: str, check: Any, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.check = check


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset that was prepared and frozen, ready to be recorded."""

    frozen: Frozen
    manifest_digest: str
    rows: list[dict[str, Any]]
    excluded: dict[str, int]
    gate: Any
    checks: "ChecksReport"
    seed: int
    partition: str = PARTITION
    classes: tuple[str, ...] = ()
    """Names of the classes that ``finding`` of a row counts; none where it is present or absent."""
    coexisting: bool = False
    """Whether ``classes`` are findings that may be present together, told by ``findings`` of a row,
    behind the name of none."""


def least_development() -> int:
    """Studies that a dataset needs so that each split may hold its minimum."""
    return max(math.ceil(least / SHARES[split]) for split, least in MINIMUM.items())


def assign_splits(
    rows: Sequence[dict[str, Any]], *, seed: int, declared: Mapping[str, str] = NOTHING_DECLARED,
    together: Mapping[str, str] = ALONE,
) -> list[str]:  # fmt: skip
    """The split of each row: by patient, from the seed; purpose 'external' is the external test.

    declared: by study UID, the split that the source of the images states; it is kept, also where
    patients share a picture.

    Patients are dealt within their site, so that every site is in every split. A patient who is
    in the external test is in no other split. together: patients with the same entry are dealt as
    one, because they share a picture.
    """
    if declared:
        return _as_declared(rows, declared, seed=seed)
    whose = [together.get(row["patient"], row["patient"]) for row in rows]
    outside = {
        one for one, row in zip(whose, rows, strict=True) if row["purpose"] == "external"
    }
    dealt: dict[str, str] = {}
    first_site: dict[str, str] = {}
    for one, row in zip(whose, rows, strict=True):
        if one not in outside:
            first_site.setdefault(one, row["site"])
    rng = np.random.default_rng([seed, 4])
    for site in sorted(set(first_site.values())):
        patients = sorted(one for one, where in first_site.items() if where == site)
        order = rng.permutation(len(patients))
        bounds = np.cumsum([round(SHARES[split] * len(patients)) for split in SHARES])
        for rank, index in enumerate(order):
            position = min(int(np.searchsorted(bounds, rank, side="right")), len(SHARES) - 1)
            dealt[patients[index]] = list(SHARES)[position]
    return [
        "external_test" if row["purpose"] == "external"
        else dealt.get(one, "excluded")
        for one, row in zip(whose, rows, strict=True)
    ]


def _as_declared(
    rows: Sequence[dict[str, Any]], declared: Mapping[str, str], *, seed: int
) -> list[str]:
    """The declared split of each row, 'excluded' where none is; training gives to an empty tuning
    split by patient."""
    splits = [declared.get(row["study_uid"], "excluded") for row in rows]
    if "tuning" in splits:
        return splits
    training = sorted({row["patient"] for row, split in zip(rows, splits, strict=True)
                       if split == "train"})  # fmt: skip
    order = np.random.default_rng([seed, 9]).permutation(len(training))
    count = round(TUNING_OF_TRAINING * len(training))
    chosen = {training[index] for index in order[:count]}
    return [
        "tuning" if split == "train" and row["patient"] in chosen else split
        for row, split in zip(rows, splits, strict=True)
    ]


def manifest_rows(
    rows: Sequence[dict[str, Any]], *, seed: int, declared: Mapping[str, str] = NOTHING_DECLARED,
    together: Mapping[str, str] = ALONE,
) -> tuple[list[dict[str, Any]], dict[str, int]]:  # fmt: skip
    """The rows of the manifest, and how many studies were left out for which reason."""
    excluded: dict[str, int] = {}
    kept = []
    outside = {row["patient"] for row in rows if row["purpose"] == "external"}
    splits = assign_splits(rows, seed=seed, declared=declared, together=together)
    for row, split in zip(rows, splits, strict=True):
        whose = "patient" if row["patient"] in outside else "picture"
        left_out = "not in the table" if declared else f"{whose} also in the external test"
        reason = row.get("left_out") or (
            "no reference standard" if row["truth"] is None
            else left_out if split == "excluded" else ""
        )
        if reason:
            excluded[reason] = excluded.get(reason, 0) + 1
            continue
        kept.append(
            {
                "instance_uid": row["instance_uid"], "study_uid": row["study_uid"],
                "patient": row["patient"], "site": row["site"], "split": split,
                "finding": int(row["truth"]),
                "age_years": float("nan") if row["age_years"] is None else row["age_years"],
                "sex": row["sex"], "view": row["view"], "manufacturer": row["manufacturer"],
                "digest": row["digest"], "record": Instance.label_of(row["instance_id"]),
            }
            | {key: row[key] for key in _OF_TASKS if key in row}
        )
    return kept, excluded


def prepare_dataset(
    vault: Vault, rows: Sequence[dict[str, Any]], *, definition: DeviceDefinition, name: str,
    seed: int, work: Path, earlier: Shards = NONE_YET,
    declared: Mapping[str, str] = NOTHING_DECLARED, elsewhere: Sequence["Elsewhere"] = (),
) -> DatasetFacts:  # fmt: skip
    """Split, check by the dataset's acceptance check and the device's rules, pack, and freeze.

    earlier: the shards of the version before, which this one shares as far as it holds them whole.
    definition: of the device; where it tells several classes apart, ``truth`` of a row is the
    number of one. elsewhere: images of other devices, which must not stand in the tests.

    Raises:
        Refused: Too few studies for a split; nothing is frozen.
        DatasetRefused: The acceptance check failed or a refusing rule is broken; nor then.
        IntegrityBroken: An image is not what its record names.
    """
    from imaging.dataset_checks.freezing import check_before_freezing, patients_together
    from imaging.dataset_checks.pictures import pictures_in_vault
    from imaging.dataset_checks.report import refusal_words
    from imaging.gate import validate_batch
    from imaging.suite import load_suite
    from records.dataset_rules import DatasetRules

    classes = definition.task.classes
    known = [row for row in rows if row["truth"] is not None]
    pictures = pictures_in_vault(vault, known)
    together = patients_together(known, pictures, definition.dataset_rules or DatasetRules())
    kept, excluded = manifest_rows(rows, seed=seed, declared=declared, together=together)
    for split, least in MINIMUM.items():
        n = sum(row["split"] == split for row in kept)
        if n < least:
            raise Refused(
                f"The {split.replace('_', ' ')} split would hold "
                f"{counted(n, 'study', 'studies')}; it needs {least}.",
                hint="Take in more studies with a known truth.",
            )
    coexisting = definition.task.coexisting
    suite = "dataset_of_classes" if classes and not coexisting else "dataset"
    gate = validate_batch(_frame(kept), load_suite(suite))
    if not gate.passed:
        failed = ", ".join(f"{one.expectation} {one.column}" for one in gate.failures)
        raise DatasetRefused(f"The dataset fails its acceptance check: {failed}.", gate)
    checks = check_before_freezing(
        kept, known, pictures, definition=definition, seed=seed, elsewhere=elsewhere
    )
    if checks.refusing:
        raise DatasetRefused(
            f"The dataset breaks a rule: {refusal_words(checks.refusing)}.", checks.gate(),
            hint="Reject the copies, or say 'join' or 'warn' under dataset_rules of the device.",
        )
    folder = work / "dataset"
    digest = pack(vault, kept, folder, earlier=earlier)
    frozen = vault.freeze(folder, f"datasets/{name}", message=f"Freeze dataset {name}")
    how = DECLARED.format(tuning=100 * TUNING_OF_TRAINING) if declared else PARTITION
    return DatasetFacts(
        frozen, digest, kept, excluded, gate, checks, seed, how, classes, coexisting
    )


def _frame(rows: Sequence[dict[str, Any]]) -> Any:
    import pandas as pd

    return pd.DataFrame(list(rows))


def pack(
    vault: Vault, rows: list[dict[str, Any]], folder: Path, *, earlier: Shards = NONE_YET
) -> str:
    """Write the shards and the one manifest; the SHA-256 of the manifest's content.

    The bytes depend on the rows, and on the earlier version whose shards are shared.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    rows.sort(key=lambda row: str(row["instance_uid"]))
    pack_images(vault, rows, folder, earlier=earlier)
    if rows and "region" in rows[0]:
        pack_masks(vault, rows, folder)
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "manifest.parquet", compression="zstd")
    digest = hashlib.sha256(b"[")
    for number, row in enumerate(rows):
        plain = {key: None if value != value else value for key, value in row.items()}
        digest.update(("," if number else "").encode() + canonical_json(plain).encode())
    digest.update(b"]")
    return digest.hexdigest()


def record_dataset(
    tx: Session, device: Device, facts: DatasetFacts, *, origin: Origin, now: datetime,
    selection: Mapping[str, Any] | None = None,
) -> DatasetVersion:  # fmt: skip
    """Record the dataset version, its acceptance check, and the outcome of the device's rules.

    selection: by which run of the retraining protocol the studies were chosen. What another program
    has frozen of the same content meanwhile is given back, and nothing is added.
    """
    assert device.id is not None
    same = select(DatasetVersion).where(
        DatasetVersion.device_id == device.id,
        DatasetVersion.manifest_digest == facts.manifest_digest,
    )
    if (known := tx.exec(same).first()) is not None:
        return known
    record_check(tx, facts.gate, scope=f"dataset {facts.frozen.path}", now=now)
    record_check(tx, facts.checks.gate(), scope=f"rules of dataset {facts.frozen.path}", now=now)
    version = DatasetVersion(
        device_id=device.id, name=facts.frozen.path.removeprefix("datasets/"),
        manifest_digest=facts.manifest_digest, content_digest=facts.frozen.content_digest,
        vault_path=facts.frozen.path, files=facts.frozen.files, commit=facts.frozen.commit,
        studies=len(facts.rows), patients=len({row["patient"] for row in facts.rows}),
        splits=count_splits(facts.rows, facts.classes, coexisting=facts.coexisting),
        datasheet={
            "source": origin.source, "legal_basis": origin.legal_basis,
            "consent": origin.consent, "excluded": facts.excluded,
            "patient_overlap": patient_overlap(facts.rows),
            "partition": {"method": facts.partition, "seed": facts.seed},
            "not_recorded": {
                "age_years": sum(row["age_years"] != row["age_years"] for row in facts.rows),
                "sex": sum(not row["sex"] for row in facts.rows),
                "view": sum(not row["view"] for row in facts.rows),
            },
            "reference_standard": _reference_standard(tx, device, facts.rows),
            "checks": facts.checks.to_dict(),
        } | ({"selection": dict(selection)} if selection else {}),
        frozen_at=now,
    )
    tx.add(version)
    tx.flush()
    return version


def _reference_standard(tx: Session, device: Device, rows: Sequence[dict[str, Any]]) -> str:
    """Where the truth comes from, as far as the rows and the records of the truth say."""
    stated = {
        ("region", "lesions"): "pictures at full dose and boxes of lesions",
        ("region",): "outlines", ("lesions",): "boxes of lesions", ("course",): "follow-up",
    }
    if rows and "region" in rows[0] and "lesions" not in rows[0] and not all(
        row["finding"] for row in rows
    ):
        return ("the finding, and the outline of the region that it is told from, as the source of "
                "the images states them")  # fmt: skip
    for names, what in stated.items():
        if rows and set(names) <= set(rows[0]):
            return f"{what}, as the source of the images states them"
    rule = rule_declared(device.definition)
    sources = sources_of_truth(tx, {row["study_uid"] for row in rows}, rule)
    return f"{', '.join(sources) or 'not stated'}, as the list or table that states it names it"


def record_check(tx: Session, check: Any, *, scope: str, now: datetime) -> GateResult:
    """Record an acceptance check of a dataset, passed or not, with every rule of it."""
    made = GateResult(
        suite=check.suite, suite_digest=check.digest, scope=scope, n=check.n,
        passed=check.passed, expectations=check.to_list(), checked_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def count_splits(
    rows: Sequence[dict[str, Any]], classes: Sequence[str] = (), *, coexisting: bool = False
) -> dict[str, Any]:
    """Per split: studies, patients, studies with the finding, and studies a site and a class; of
    each finding that may be present beside others how many show it, and in how many it is not
    known."""
    counts: dict[str, Any] = {}
    for split in SPLITS:
        chosen = [row for row in rows if row["split"] == split]
        sites = sorted({row["site"] for row in chosen})
        counts[split] = {
            "studies": len(chosen),
            "patients": len({row["patient"] for row in chosen}),
            "positive": sum(row["finding"] > 0 for row in chosen),
            "sites": {site: sum(row["site"] == site for row in chosen) for site in sites},
        }
        if coexisting:
            counts[split]["findings"] = _count_findings(chosen, classes)
        elif classes:
            counts[split]["classes"] = {
                name: sum(row["finding"] == at for row in chosen) for at, name in enumerate(classes)
            }
    return counts


def _count_findings(
    rows: Sequence[dict[str, Any]], classes: Sequence[str]
) -> dict[str, dict[str, int]]:
    none, *findings = classes
    states = [read_states(row["findings"], findings, none) for row in rows]
    return {
        name: {
            "present": sum(one[at] == PRESENT for one in states),
            "absent": sum(one[at] == ABSENT for one in states),
            "not_known": sum(one[at] == UNKNOWN for one in states),
        }
        for at, name in enumerate(findings)
    }


def patient_overlap(rows: Sequence[dict[str, Any]]) -> int:
    """How many patients are in more than one split; a frozen dataset has none."""
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["patient"], set()).add(row["split"])
    return sum(len(found) > 1 for found in splits.values())
