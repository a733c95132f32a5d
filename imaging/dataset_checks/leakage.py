"""Does a test split hold what training has seen: the same patient, picture, or nearly the picture?

Leakage makes a test look better than the device is (Kapoor and Narayanan, Patterns 2023;4:100804).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.near_duplicates import near_groups
from imaging.dataset_checks.outcome import CheckOutcome, first_groups
from imaging.dataset_checks.pictures import SmallPictures
from records.counting import counted
from records.dataset_rules import DatasetRules, NearDuplicateLimits

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.intp]
_NEAR = "near_duplicates"


def picture_groups(
    pictures: SmallPictures, limits: NearDuplicateLimits
) -> tuple[Codes, Codes]:
    """For each picture the number of its equal pictures' group, and of its near duplicates' group.

    Equal means pixel by pixel. Near duplicates include the equal ones.
    """
    _, first, same = np.unique(pictures.digest, return_index=True, return_inverse=True)
    return same.astype(np.intp), near_groups(pictures.pixels[first], limits)[same]


def leakage(
    facts: "pd.DataFrame", pictures: SmallPictures, rules: DatasetRules
) -> list[CheckOutcome]:
    """The checks of patients, equal pictures, near duplicates and their labels.

    facts: a row a picture, in the order of the pictures, with record, patient, split and finding.
    Raises ValueError where there are not as many rows as pictures.
    """
    if len(facts) != len(pictures):
        raise ValueError(f"{len(facts)} rows and {len(pictures)} pictures: one a picture is needed")
    same, near = picture_groups(pictures, rules.near_duplicate)
    patients = np.unique(facts["patient"].to_numpy(dtype=str), return_inverse=True)[1]
    limits = rules.near_duplicate.model_dump()
    return [
        _across("patients_across_splits", "patient", facts, patients, rules),
        _across("duplicates_across_splits", "equal picture", facts, same, rules),
        *_within(facts, same, rules),
        _across("near_duplicates_across_splits", "near duplicate", facts,
                _truly_near(same, near), rules, limits),
        _conflicts(facts, near, rules, limits),
    ]  # fmt: skip


def _truly_near(same: Codes, near: Codes) -> Codes:
    """Groups with more than one picture that differs; the others stand for themselves (-1)."""
    distinct = np.unique(np.column_stack([near, same]), axis=0)[:, 0]
    several = np.bincount(distinct, minlength=near.max(initial=0) + 1) > 1
    return np.where(several[near], near, -1)


def _across(
    rule: str, unit: str, facts: "pd.DataFrame", codes: Codes, rules: DatasetRules,
    limits: dict[str, float] | None = None,
) -> CheckOutcome:  # fmt: skip
    known = facts.assign(code=codes)[codes >= 0]
    splits = known.groupby("code")["split"].nunique()
    shared = splits.index[splits > 1]
    groups = _records(known[known["code"].isin(shared)])
    pairs = _split_pairs(known[known["code"].isin(shared)])
    said = f"{counted(len(shared), unit)} in more than one split" + (f" ({pairs})" if pairs else "")
    return CheckOutcome(
        rule, "split", rules.severity(rule), not len(shared), len(facts), len(shared), unit, said,
        first_groups(groups), limits=dict(limits or {}),
    )


def _split_pairs(shared: "pd.DataFrame") -> str:
    """How many are in which splits together, such as 'train and val: 8'."""
    if shared.empty:
        return ""
    together = shared.groupby("code")["split"].agg(lambda one: " and ".join(sorted(set(one))))
    return "; ".join(f"{names}: {n}" for names, n in together.value_counts().sort_index().items())


def _within(facts: "pd.DataFrame", same: Codes, rules: DatasetRules) -> list[CheckOutcome]:
    """Copies inside each split: those beyond the first picture of its kind."""
    found = []
    for split, rows in facts.assign(code=same).groupby("split", sort=True):
        copies = int(rows["code"].duplicated().sum())
        groups = _records(rows[rows["code"].duplicated(keep=False)])
        said = f"{counted(copies, 'copy', 'copies')} of pictures that the split holds already"
        found.append(
            CheckOutcome(
                "duplicates_within_split", str(split), rules.severity("duplicates_within_split"),
                not copies, len(rows), copies, "copy", said, first_groups(groups),
            )
        )
    return found


def _conflicts(
    facts: "pd.DataFrame", near: Codes, rules: DatasetRules, limits: dict[str, float]
) -> CheckOutcome:
    """The same picture called with and without the finding, or with other findings: one of the
    labels must be wrong."""
    known = facts.assign(code=near)
    column = "findings" if "findings" in facts.columns else "finding"
    labels = known.groupby("code")[column].nunique()
    torn = known[known["code"].isin(labels.index[labels > 1])]
    groups = _records(torn)
    said = f"{counted(len(groups), 'picture')} with different labels in its copies"
    return CheckOutcome(
        "conflicting_labels", "finding", rules.severity("conflicting_labels"), not groups,
        len(facts), len(groups), "picture", said, first_groups(groups), limits=dict(limits),
    )


def _records(rows: "pd.DataFrame") -> list[list[str]]:
    return [list(map(str, one)) for one in rows.groupby("code")["record"].agg(list)]
