"""The checks where they decide: which patients are dealt as one, and whether the dataset stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imaging.dataset_checks.elsewhere import Elsewhere, seen_elsewhere
from imaging.dataset_checks.leakage import picture_groups
from imaging.dataset_checks.near_duplicates import groups_of
from imaging.dataset_checks.pictures import SmallPictures
from imaging.dataset_checks.report import ChecksReport, check_dataset
from records.dataset_rules import DatasetRules
from records.definition import DeviceDefinition

if TYPE_CHECKING:
    import pandas as pd


def patients_together(
    rows: Sequence[Mapping[str, Any]], pictures: SmallPictures, rules: DatasetRules
) -> dict[str, str]:
    """Whose studies are dealt as one patient's, because they share a picture: patient to name.

    Empty unless the rules say 'join'. rows: in the order of the pictures, with ``patient``.
    """
    equal, near = rules.joined
    if not equal or not rows:
        return {}
    same, nearly = picture_groups(pictures, rules.near_duplicate)
    names, patients = np.unique([row["patient"] for row in rows], return_inverse=True)
    groups = nearly if near else same
    links = np.column_stack([patients, len(names) + groups])
    joined = groups_of(len(names) + int(groups.max()) + 1, links)[: len(names)]
    first = {group: at for at, group in reversed(list(enumerate(joined.tolist())))}
    return {str(names[at]): str(names[first[group]]) for at, group in enumerate(joined.tolist())}


def check_before_freezing(
    kept: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]],
    pictures: SmallPictures,
    *,
    definition: DeviceDefinition,
    seed: int,
    elsewhere: Sequence[Elsewhere] = (),
) -> ChecksReport:
    """The checks of the rows of a manifest.

    kept: rows of the manifest; cases: the images they were chosen from, in the order of the
    pictures, each found by its ``instance_uid``. elsewhere: images of other devices.
    """
    place = {case["instance_uid"]: at for at, case in enumerate(cases)}
    places = [place[row["instance_uid"]] for row in kept]
    chosen = pictures.chosen(places)
    facts = _facts(kept, [cases[at] for at in places], chosen)
    report = check_dataset(
        facts, chosen, rules=definition.dataset_rules or DatasetRules(), definition=definition,
        seed=seed,
    )
    more = seen_elsewhere(facts, chosen, elsewhere, report.rules.near_duplicate)
    return replace(report, outcomes=(*report.outcomes, *more))


def _facts(
    kept: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]], pictures: SmallPictures
) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(list(kept)).assign(
        arrival=[case["arrived_on"].toordinal() for case in cases],
        order=[case["instance_id"] for case in cases],
        rows=pictures.rows, columns=pictures.columns,
    )
