"""What a validation asks beside the figures of the test sets: intersections of subgroups,
clinicians' readings, shortcuts, and pictures of the worst failures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray
from sqlmodel import Session, col, select

from imaging.masked_parts import EDGES, Mask, elsewhere, inside, region_in, without
from imaging.pixels import PixelsRefused
from imaging.small_view import letters_in, may_be_shown, outlined
from journeys.ask_again import Asker, Row
from measures.estimate import Estimate
from models.tasks.two_classes import settled
from monitoring.clinical_readings import READINGS, beside_readers, readings_on_record
from monitoring.evaluate import outcomes_of
from monitoring.group_differences import Asked
from monitoring.intersections import INTERSECTIONS, intersections
from monitoring.shortcut_tests import (
    ALONE,
    ELSEWHERE,
    NO_REGION,
    NO_SCORE,
    REGION,
    REMOVED,
    Tested,
    edges_masked,
    facts_and_strata,
    region_masked,
    scored,
)
from monitoring.supplementary import one_a_patient
from records.cases import BOXES, OUTLINE, Instance, Study
from records.dataset_rules import DatasetRules
from records.deletions import deleted_digests
from records.outlines import regions_of


@dataclass(slots=True)
class Further:
    """What was found: estimates, figures for the record, and parts that were not made, with why."""

    estimates: list[Estimate] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    not_asked: dict[str, str] = field(default_factory=dict)


def further(
    reader: Session, asker: Asker, parts: Mapping[str, Sequence[Row]], chosen: Sequence[Row], *,
    asked: Asked, report: Callable[[str], None],
) -> Further:  # fmt: skip
    """Intersections, readings and shortcut tests; of each that was not made, why.

    parts: the test studies by name of the test set, the internal test first. chosen: those of the
    internal test that are asked about again, one image a study.

    Raises:
        IntegrityBroken: An image or a region is missing or altered.
    """
    found = Further()
    _from_records(found, reader, asker, parts, asked)
    _masked(found, reader, asker, chosen, report)
    return found


def _from_records(
    found: Further, reader: Session, asker: Asker, parts: Mapping[str, Sequence[Row]], asked: Asked
) -> None:
    """Intersections of the declared subgroups, clinicians' readings, and whether facts beside the
    picture tell the truth and the answer: from what is on record alone, one study a patient."""
    definition = asker.definition
    alone = {name: one_a_patient(rows) for name, rows in parts.items() if rows}
    outcomes = {name: outcomes_of(definition, rows) for name, rows in alone.items()}
    estimates, told, reason = intersections(asker.task, outcomes, asked)
    found.estimates += estimates
    if told:
        found.figures["intersections"] = told
    else:
        found.not_asked[INTERSECTIONS] = reason
    known = {part: settled(one) for part, one in outcomes.items()}
    sure = {
        part: [row for row, there in zip(rows, known[part], strict=True) if there]
        for part, rows in alone.items()
    }
    _add_readings(found, reader, asker, sure)
    internal = next(iter(sure))
    rules = definition.dataset_rules or DatasetRules()
    _add(found, facts_and_strata(
        asker.task, sure[internal], outcomes[internal].where(known[internal]), rules
    ))  # fmt: skip


def _add_readings(
    found: Further, reader: Session, asker: Asker,
    alone: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Clinicians' readings of each test beside the device; where none has any, why."""
    definition, reasons = asker.definition, []
    for part, rows in alone.items():
        uids = [str(row["study"]) for row in rows]
        beside = beside_readers(
            asker.task, rows, readings_on_record(reader, uids, definition.task.finding),
            minimum_n=definition.minimum_n, part=part,
        )
        found.estimates += beside.estimates
        for name, some in beside.figures.items():
            found.figures.setdefault(name, []).extend(some)
        reasons += [beside.reason] if beside.reason else []
    if len(reasons) == len(alone):
        found.not_asked[READINGS] = reasons[0]


def _masked(
    found: Further, reader: Session, asker: Asker, rows: Sequence[Row],
    report: Callable[[str], None],
) -> None:  # fmt: skip
    """What the version says once border and corners are gone, and once the region of the finding,
    or all else, is: paired with what it says of the same studies as they are."""
    definition = asker.definition
    edges = asker.altered(rows, {name: _without(part) for name, part in EDGES.items()})
    columns = list(next(iter(edges.values())).more)
    before = outcomes_of(definition, rows, columns=columns)
    _add(found, edges_masked(asker.task, before, edges, minimum_n=definition.minimum_n))
    report(f"{len(rows)} images with border and corners masked")
    if not scored(asker.task):
        found.not_asked[REGION] = NO_SCORE
        return
    regions = _regions(reader, asker)
    ill = [row for row in rows if int(row["truth"]) > 0 and row["study"] in regions]
    if len(ill) < definition.minimum_n:
        found.not_asked[REGION] = f"{NO_REGION}: {len(ill)} of {definition.minimum_n}"
        return
    masks = {}
    for row in ill:
        digest, record = regions[row["study"]]
        masks[row["study"]] = inside(region_in(asker.vault.fetch(digest, of=record)))
    ill = [row for row in ill if 0 < masks[row["study"]].sum() < masks[row["study"]].size]
    said = asker.altered(ill, {
        REMOVED: lambda row, array: without(array, masks[row["study"]]),
        ELSEWHERE: lambda row, array: without(array, elsewhere(masks[row["study"]])),
        ALONE: lambda row, array: without(array, ~masks[row["study"]]),
    })  # fmt: skip
    before = outcomes_of(definition, ill, columns=())
    _add(found, region_masked(before, said, minimum_n=definition.minimum_n))
    report(f"{len(ill)} images with the region of the finding removed")


def _without(
    part: Callable[[tuple[int, ...]], Mask]
) -> Callable[[Row, NDArray[Any]], NDArray[Any]]:
    """A way to alter a picture: without a part that its shape alone tells."""
    return lambda _row, array: without(array, part(array.shape))


def _add(found: Further, tested: Tested) -> None:
    found.estimates += tested.estimates
    found.figures.setdefault("shortcut_tests", []).extend(tested.tests)
    found.not_asked |= tested.reasons


def _regions(reader: Session, asker: Asker) -> dict[str, tuple[str, str]]:
    """By study, where the finding truly lies, as boxes or else as outline, and the record."""
    finding = asker.definition.task.finding
    gone = deleted_digests(reader, "image")
    both = regions_of(reader, finding, OUTLINE) | regions_of(reader, finding, BOXES)
    return {study: one for study, one in both.items() if one[0] not in gone}


def with_pictures(
    reader: Session, asker: Asker, failures: Mapping[str, Sequence[Row]], rows: Sequence[Row]
) -> dict[str, list[dict[str, Any]]]:
    """The worst failures with what their pictures are drawn from: digests and outlines, no pixels.

    Letters that are still found in an image are remembered, so that no picture shows them; one
    whose file declares letters that were not found is not to be shown at all. failures: as
    :func:`monitoring.stress.worst_failures`; rows: the test studies.

    Raises:
        IntegrityBroken: An image is missing or altered.
    """
    by_image = {row["record"]: row for row in rows}
    regions = _regions(reader, asker)
    wanted = [by_image[one["image"]] for some in failures.values() for one in some]
    device = {
        row["record"]: _answered(said) for row, said in asker.said_of(_once_each(wanted))
    }
    numbers = {one: int(str(one).rpartition("-")[2]) for one in device}
    query = (
        select(Instance.id, Instance.deidentification, Study.id)
        .join(Study, col(Study.id) == Instance.study_id)
        .where(col(Instance.id).in_(numbers.values()))
    )
    known = {Instance.label_of(int(a or 0)): (b, int(c or 0)) for a, b, c in reader.exec(query)}
    return {
        kind: [
            dict(one) | _picture(asker, by_image[one["image"]], regions, known[one["image"]])
            | {"device": device[one["image"]]}
            for one in some
        ]
        for kind, some in failures.items()
    }  # fmt: skip


def _once_each(rows: Sequence[Row]) -> list[Row]:
    return list({row["record"]: row for row in rows}.values())


def _picture(
    asker: Asker, row: Row, regions: Mapping[str, tuple[str, str]],
    known: tuple[Mapping[str, Any], int],
) -> dict[str, Any]:  # fmt: skip
    deidentification, study = known
    truth, classes = int(row["truth"]), asker.definition.task.classes
    finding = asker.definition.task.finding
    words = str(row.get("findings") or "") or (
        classes[truth] if classes else finding if truth else f"no {finding}"
    )
    found = {
        "study": Study.label_of(study), "digest": row["digest"], "truth": words,
        "region": regions.get(str(row["study"]), ("", ""))[0], "letters": [], "withheld": "",
    }  # fmt: skip
    if not may_be_shown(deidentification):
        return found | {"withheld": "the file declares letters in its pixels"}
    content = asker.vault.fetch(row["digest"], of=f"image {row['record']}")
    try:
        return found | {"letters": [list(one) for one in letters_in(content)]}
    except PixelsRefused as refused:
        return found | {"withheld": f"it cannot be shown: {refused.reason}"}


def _answered(said: Any) -> dict[str, Any]:
    """Where the device drew: its outline, or the boxes that it shows; empty where it draws none.
    Of several slices the middle one, which is the one shown."""
    if said.mask is not None:
        return outlined(said.mask[len(said.mask) // 2] if said.mask.ndim == 3 else said.mask)
    boxes = [
        {name: float(one[name]) for name in ("x", "y", "width", "height")}
        for value in said.outputs.values() if isinstance(value, list)
        for one in value
        if isinstance(one, dict) and {"x", "y", "width", "height"} <= one.keys()
        and one.get("shown", True)
    ]  # fmt: skip
    return {"boxes": boxes} if boxes else {}
