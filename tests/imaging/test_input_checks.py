"""Each check of an arriving image: flagged with what was found and the limit, or refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from imaging.deidentify import Deidentifier
from imaging.headers import ImageLimit, ScopeRequirements
from imaging.ingest import Arrival, ingest
from imaging.input_checks import Flag
from imaging.reception import Reason, Received, Rejection, examine_bytes
from imaging.sources.cases import draw_case
from imaging.sources.simulator import (
    development_plan,
    operation_day_plan,
    picture_of,
    study_bytes,
)
from imaging.sources.sites import OPERATION_SITES
from journeys.watch_day import scope_of
from records.cases import Instance, Quarantine
from records.definition import find_definition, load_definition
from records.store import Store

SHIPPED = scope_of(load_definition(find_definition("chest-radiograph-pneumonia")))
FLAG_ALL = replace(SHIPPED, refusing=frozenset(), max_age_years=60.0)


def chest() -> np.ndarray[Any, Any]:
    """The stored values of one simulated chest, bone bright."""
    return picture_of(draw_case(replace(development_plan(3, 1)[0], defect=None)))[0]


@pytest.fixture
def look(make_file: Callable[..., bytes], key: bytes) -> Callable[..., Received | Rejection]:
    """Examines one synthetic file."""

    def examined(wanted: ScopeRequirements, **changes: Any) -> Received | Rejection:
        values = {"array": chest(), "ImageLaterality": "U", "PatientAge": "044Y"} | changes
        return examine_bytes(make_file(**values), Deidentifier(key), wanted)

    return examined


def flags_of(one: Received | Rejection) -> dict[str, Flag]:
    assert isinstance(one, Received), one
    return {flag.check: flag for flag in one.flags}


def test_a_good_image_has_no_flag(look: Callable[..., Any]) -> None:
    assert flags_of(look(FLAG_ALL)) == {}


DAMAGED: list[tuple[str, dict[str, Any], float | str]] = [
    ("body_part", {"BodyPartExamined": "HAND"}, "HAND"),
    ("view", {"ViewPosition": "LL"}, "LL"),
    ("laterality", {"ImageLaterality": "L"}, "L"),
    ("age", {"PatientAge": "077Y"}, 77.0),
    ("missing_tags", {"PatientSex": None, "ViewPosition": ""}, "PatientSex, ViewPosition"),
    ("missing_tags", {"PatientAge": "300Y", "PatientBirthDate": ""}, "PatientAge"),
    ("deviation_index", {"ExposureIndex": "1000", "TargetExposureIndex": "250"}, 6.0206),
    ("deviation_index", {"DeviationIndex": "-4.2"}, -4.2),
]


@pytest.mark.parametrize(("check", "changes", "found"), DAMAGED)
def test_what_the_header_says_is_flagged_with_its_limit(
    look: Callable[..., Any], check: str, changes: dict[str, Any], found: float | str
) -> None:
    flags = flags_of(look(FLAG_ALL, **changes))
    assert set(flags) == {check}
    assert flags[check].found == found


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        ("contrast", lambda one: (2000 + one // 400).astype(np.uint16)),
        ("sharpness", lambda _one: np.tile(np.linspace(0, 4095, 160, dtype=np.uint16), (160, 1))),
        ("noise", lambda one: np.clip(
            one + np.random.default_rng(1).normal(0, 400, one.shape), 0, 4095).astype(np.uint16)),
        ("clipping", lambda one: np.clip(one, 2000, 2300)),
        ("polarity", lambda one: 4095 - one),
        ("uprightness", lambda one: np.ascontiguousarray(np.rot90(one))),
    ],
)
def test_what_the_image_is_like_is_flagged_with_measure_and_limit(
    look: Callable[..., Any], check: str, damage: Callable[[Any], Any]
) -> None:
    whole = flags_of(look(FLAG_ALL, array=damage(chest())))
    limit = next(one for one in FLAG_ALL.image_limits if one.check == check)
    flag = whole[check]
    assert (flag.at_least, flag.at_most) == (limit.at_least, limit.at_most)
    assert isinstance(flag.found, float)
    assert (limit.at_least is not None and flag.found < limit.at_least) or (
        limit.at_most is not None and flag.found > limit.at_most
    )


def test_the_definition_decides_which_flag_refuses(look: Callable[..., Any]) -> None:
    inverted = {"array": 4095 - chest()}
    assert "polarity" in flags_of(look(SHIPPED, **inverted))
    strict = replace(SHIPPED, refusing=SHIPPED.refusing | {"polarity"})
    refused = look(strict, **inverted)
    assert isinstance(refused, Rejection)
    assert (refused.reason, refused.code) == (Reason.OUTSIDE_LIMITS, "outside_limits:polarity")
    assert refused.detail.startswith("polarity -")
    assert refused.detail.endswith(", at least 0")
    lenient = replace(SHIPPED, refusing=SHIPPED.refusing - {"view"})
    assert isinstance(look(SHIPPED, ViewPosition="LL"), Rejection)
    assert flags_of(look(lenient, ViewPosition="LL"))["view"].allowed == ("PA", "AP")


def test_an_age_above_89_is_not_told_by_its_flag(look: Callable[..., Any]) -> None:
    beyond = replace(FLAG_ALL, max_age_years=95.0)
    flag = flags_of(look(beyond, PatientAge="103Y", PatientBirthDate="19220101"))["age"]
    assert isinstance(flag.found, float)
    assert flag.found <= 90


def test_a_flag_is_recorded_whole_and_reads_back(
    store: Store, tmp_path: Path, make_file: Callable[..., bytes], now: datetime
) -> None:
    for name, array, uid in (("a", chest(), "1.2.3.1"), ("b", 4095 - chest(), "1.2.3.2")):
        (tmp_path / name).write_bytes(
            make_file(array=array, StudyInstanceUID=uid, SOPInstanceUID=f"{uid}.1",
                      ImageLaterality="U", PatientAge="044Y")
        )
    blank = np.full((160, 160), 900, dtype=np.uint16)
    (tmp_path / "c").write_bytes(make_file(array=blank, SOPInstanceUID="1.2.3.3.1"))
    arrival = Arrival("north", "clinical", date(2026, 3, 1))
    paths = sorted(path for path in tmp_path.iterdir() if path.is_file())
    report = ingest(store, paths, arrival, actor="service:intake", now=now, requirements=SHIPPED)
    assert report.quarantined == {"outside_limits:contrast": 1}
    with store.reader() as reader:
        first, second = reader.exec(select(Instance).order_by(Instance.id))
        refused = reader.exec(select(Quarantine)).one()
    assert first.flags == []
    (flag,) = (Flag(**{**one, "allowed": tuple(one["allowed"])}) for one in second.flags)
    assert flag.check == "polarity"
    assert flag.at_least == 0
    assert flag.to_dict() == second.flags[0]
    assert refused.detail == "contrast 0, at least 0.02"


def test_a_measure_without_a_limit_is_not_worked_out(look: Callable[..., Any]) -> None:
    only = ScopeRequirements(image_limits=(ImageLimit("noise", None, 0.0),))
    assert set(flags_of(look(only))) == {"noise"}


@pytest.mark.parametrize("degraded", [False, True])
def test_no_good_study_of_the_demonstration_is_refused_or_flagged(
    key: bytes, degraded: bool
) -> None:
    """Its faulty software is for the charts to find: no single image breaks a check."""
    for site in OPERATION_SITES:
        for plan in operation_day_plan(42, site, 9, 8, degraded):
            if plan.defect is None:
                content = study_bytes(draw_case(plan))
                assert flags_of(examine_bytes(content, Deidentifier(key), SHIPPED)) == {}
