"""Do the device and the radiologists' reports say the same? Agreement, no accuracy.

The report was written after the device had spoken, perhaps with its output in view, and is no
truth: agreement can rise because readers follow the device. It is told beside the shares of
studies with both, by site and by reader, and never as sensitivity or specificity.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from measures.agreement import (
    negative_percent_agreement,
    overall_percent_agreement,
    positive_percent_agreement,
)
from measures.estimate import Estimate
from measures.kappa import cohen_kappa
from records.product import ModelVersion
from records.reading_counts import readings_by_site
from records.report_answers import (
    PRESENT,
    not_opened,
    report_rows,
    said_of,
    standing_answers,
)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Concordance:
    """What a group of studies shows.

    group: all, a site, or a reader. studies: read by the device; reported: of those with a final
    report; uncertain: of these that are uncertain or do not mention the finding, left out.
    device_only: the device alone says that it is present; report_only: the report alone does.
    not_opened: of the studies whose every link to a reader ended unused.
    """

    group: str
    studies: int
    reported: int
    uncertain: int
    device_only: int
    report_only: int
    not_opened: int
    estimates: tuple[Estimate, ...]


def concordance_of(
    reader: Session, version: ModelVersion, *, finding: str, since: date | None = None,
    until: date | None = None,
) -> list[Concordance]:
    """All studies together, then by site, then by reader of the report."""
    period = since is not None or until is not None
    rows = standing_answers(
        report_rows(reader, version, since=since, until=until, answered=not period)
    )
    # of all time the studies without an answer are many, and only counted
    read = Counter(row["site"] for row in rows) if period else readings_by_site(reader, version)
    closed = not_opened(reader, [row["prediction_id"] for row in rows])
    for row in rows:
        final = row["status"] in ("final", "corrected")
        row["reported"] = final
        row["said"] = said_of(row["findings"], finding) if final else ""
        row["closed"] = row["prediction_id"] in closed
    sites = dict(_grouped(rows, lambda row: str(row["site"])))
    readers = _grouped(
        [row for row in rows if row["reported"]], lambda row: str(row["reader"] or "not named")
    )
    return [
        _measured("all", rows, sum(read.values())),
        *(_measured(f"site {name}", sites.get(name, []), n) for name, n in sorted(read.items())),
        *(_measured(f"reader {name}", group, len(group)) for name, group in readers),
    ]


def _grouped(
    rows: Iterable[dict[str, Any]], name: Callable[[dict[str, Any]], str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return sorted(found.items())


def _measured(group: str, rows: Rows, studies: int | None = None) -> Concordance:
    """studies: how many were read, where rows hold only those with an answer."""
    reported = [row for row in rows if row["reported"]]
    both = [row for row in reported if row["said"]]
    report = [int(row["said"] == PRESENT) for row in both]
    device = [int(row["decision"]) for row in both]
    pairs = list(zip(device, report, strict=True))
    estimates = (
        overall_percent_agreement(report, device), positive_percent_agreement(report, device),
        negative_percent_agreement(report, device), cohen_kappa(report, device),
    )  # fmt: skip
    return Concordance(
        group, len(rows) if studies is None else studies, len(reported), len(reported) - len(both),
        sum(pair == (1, 0) for pair in pairs), sum(pair == (0, 1) for pair in pairs),
        sum(row["closed"] for row in rows),
        tuple(one.for_subgroup(group) for one in estimates),
    )  # fmt: skip
