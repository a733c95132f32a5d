"""The features that are computed: key, IBSI identifier, family, name and unit, in one table.

Each is proved on the IBSI digital phantom and against an independent implementation (see
docs/radiomics.md). Zwanenburg et al., Radiology 2020;295:328; the IBSI reference manual,
arXiv:1612.07003; DICOM PS3.16 lists the same identifiers (CID 7466 and after).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("features.csv")
SHAPE_FAMILIES = ("morphology", "shape of a picture")


@dataclass(frozen=True, slots=True)
class FeatureName:
    """A line of the table. ibsi: its identifier, empty where IBSI does not define the feature.

    dimensions: '2' of pictures, '3' of volumes, '23' of both. reference: the manual's section.
    """

    key: str
    ibsi: str
    family: str
    name: str
    unit: str
    dimensions: str
    reference: str


@cache
def features() -> Mapping[str, FeatureName]:
    """By key, in the order of the table.

    >>> features()["cm_contrast"].ibsi
    'ACUI'
    """
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: FeatureName(**row) for row in csv.DictReader(file)}


def features_of(*, flat: bool) -> tuple[FeatureName, ...]:
    """Those of a picture, or of a volume."""
    wanted = "2" if flat else "3"
    return tuple(one for one in features().values() if wanted in one.dimensions)
