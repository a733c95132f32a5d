"""How well each way of knowing the truth finds the device's accuracy: bias and coverage, repeated.

    python -m benchmarks.truth_kinds --repeats 200

Each repeat is a simulated clinic of three sites put on record (:mod:`benchmarks.clinic_records`),
its audit sample drawn and read as the product does it, asked by the product's own queries and
estimated by its own functions, as ``radvigil monitor compare-truth`` does. The target is the
accuracy in all patients who could come: the declared sensitivity and specificity, and for PPV and
AUC the mean of the whole truth over the repeats.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

from sqlmodel import Session

from benchmarks.clinic_records import (
    OnRecord,
    drawn_studies,
    put_on_record,
    register_people,
)
from imaging.sources.cases import PNEUMONIA
from imaging.sources.clinic_products import OTHER_MAKER, OWN_DEVICE
from measures.proportions import wilson
from monitoring.truth_kinds import FULL, MEASURES, WAYS, compare_truths, drawn_of
from records.errors import Refused
from records.known_by_kind import known_studies
from records.settings import Workspace
from records.store import open_store

DAYS: Final = 30
"""Of operation; the other maker's product changes its version after them."""
DAILY: Final = 14
DECLARED: Final = {
    ("own", "sensitivity"): OWN_DEVICE.sensitivity, ("own", "specificity"): OWN_DEVICE.specificity,
    ("other", "sensitivity"): OTHER_MAKER.sensitivity,
    ("other", "specificity"): OTHER_MAKER.specificity,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the repeats tell of one measure by one way of knowing the truth.

    bias: mean of estimate minus target, with the half-width of its 95 % Monte Carlo interval.
    covered: repeats whose 95 % interval holds the target, of those estimable.
    """

    product: str
    way: str
    measure: str
    target: float
    bias: float
    bias_half: float
    covered: int
    estimable: int
    repeats: int
    width: float

    @property
    def coverage(self) -> tuple[float, float, float]:
        """The share covered, with a Wilson 95 % interval."""
        found = wilson("coverage", self.covered, self.estimable)
        assert found.value is not None and found.low is not None and found.high is not None
        return found.value, found.low, found.high


def repeated(
    seeds: Iterable[int], *, days: int = DAYS, daily: int = DAILY
) -> Iterator[list[dict[str, Any]]]:
    """Of each repeat every estimate: product, way, measure, value, low, high (None: not one)."""
    with tempfile.TemporaryDirectory() as name:
        empty = Workspace(Path(name) / "empty").create()
        store = open_store(empty, url="")
        register_people(store)
        store.close()
        for seed in seeds:
            yield _once(seed, empty.database, Path(name) / "repeat", days=days, daily=daily)


def _once(
    seed: int, empty: Path, folder: Path, *, days: int, daily: int
) -> list[dict[str, Any]]:
    workspace = Workspace(folder).create()
    shutil.copy(empty, workspace.database)
    store = open_store(workspace, url="")
    try:
        made = put_on_record(store, drawn_studies(seed, days=days, daily=daily), seed=seed)
        with store.reader() as reader:
            return [{"seed": seed, **one} for one in estimated(reader, made)]
    finally:
        store.close()
        shutil.rmtree(folder)


def estimated(reader: Session, made: OnRecord) -> list[dict[str, Any]]:
    """Of both products every estimate over all sites: product, way, measure, value, low, high.

    Raises:
        Refused: A sample does not fit the studies, which a simulation would have to be wrong for.
    """
    rows: list[dict[str, Any]] = []
    for product, version in (("own", made.own), ("other", made.other)):
        drawn, unweighed = drawn_of(reader, version, PNEUMONIA)
        if unweighed:
            raise Refused(unweighed)
        studies = known_studies(reader, version, finding=PNEUMONIA, drawn=drawn)
        rows += [
            {"product": product, "way": one.way, "measure": one.estimate.measure,
             "value": one.estimate.value, "low": one.estimate.low, "high": one.estimate.high,
             "reason": one.estimate.reason}
            for one in compare_truths(studies, full=made.truth, by_site=False)
        ]
    return rows


def told(rows: list[dict[str, Any]]) -> list[Told]:
    """Bias and coverage of each product, way and measure; what never was estimable is left out."""
    found = []
    for product in ("own", "other"):
        for measure in MEASURES:
            here = [one for one in rows if (one["product"], one["measure"]) == (product, measure)]
            full = [one["value"] for one in here if one["way"] == FULL and one["value"] is not None]
            target = DECLARED.get((product, measure), fmean(full) if full else float("nan"))
            for way in (*WAYS, FULL):
                of_way = [one for one in here if one["way"] == way]
                sure = [one for one in of_way if one["value"] is not None]
                if len(sure) < 2:
                    continue
                off = [one["value"] - target for one in sure]
                found.append(Told(
                    product, way, measure, target, fmean(off),
                    1.96 * stdev(off) / len(off) ** 0.5,
                    sum(one["low"] <= target <= one["high"] for one in sure), len(sure),
                    len(of_way), fmean(one["high"] - one["low"] for one in sure),
                ))  # fmt: skip
    return found


def table(found: Iterable[Told]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| product | measure | target | truth by | bias (95 % MC interval) | covered (95 % "
        "interval) | mean width | estimable |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        share, low, high = one.coverage
        lines.append(
            f"| {one.product} | {one.measure} | {one.target:.3f} | {one.way} | {one.bias:+.3f} "
            f"({one.bias - one.bias_half:+.3f} to {one.bias + one.bias_half:+.3f}) | {share:.3f} "
            f"({low:.3f} to {high:.3f}) | {one.width:.3f} | {one.estimable} of {one.repeats} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the repeats, print the table, and keep every estimate where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a file for every estimate, a JSON line each")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(repeated(range(asked.seed, asked.seed + asked.repeats)), start=1):
        rows += one
        if asked.keep:
            with asked.keep.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in one)
        if number % 20 == 0:
            print(f"{number} of {asked.repeats}", flush=True)
    print(table(told(rows)))


if __name__ == "__main__":
    main()
