"""One meaning of use in care, wherever uses are counted."""

from typing import Final

import pytest
from sqlmodel import select

from records.cases import Prediction, Study
from records.incidents import Incident
from records.product import Deployment, Device
from records.reading_counts import recount_readings
from records.similar_incidents import similar_incidents
from records.trend_counts import exposure_of
from records.trend_rules import Period
from records.use_in_care import read_in_care, used_in_care
from regulatory.risk_counts import Period as RiskPeriod
from regulatory.risk_counts import studies_read
from tests.regulatory.event_team import NOW, Team, team, template

__all__ = ["team", "template"]
DEVICE: Final = "chest-radiograph-pneumonia"
READ: Final = {
    "live, returned": ("live", True, 1), "live, held back while suspended": ("live", False, 0),
    "shadow": ("shadow", False, 0), "another maker's": ("external", False, 1),
    "for an evaluation": ("", False, 0),
}


def read_by(team: Team, mode: str, *, returned: bool) -> Study:
    """A study of today that a deployment of a mode read; of none where the mode is ''."""
    live = team.tx.exec(select(Deployment).order_by(Deployment.id)).first()
    said = live.model_dump(exclude={"id", "ended_at"}) | {"mode": mode}
    run = Deployment(**said) if mode else None
    number = len(team.tx.exec(select(Study.id)).all())
    study = Study(study_uid=f"2.25.77{number}", patient=f"P77{number}", site_id=live.site_id,
                  purpose="clinical", arrived_on=NOW.date(), received_at=NOW, rows=64,
                  columns=64)  # fmt: skip
    team.tx.add_all([one for one in (run, study) if one is not None])
    team.tx.flush()
    team.tx.add(Prediction(
        study_id=study.id or 0, model_version_id=live.model_version_id,
        deployment_id=run.id if run is not None else None, score=0.9, decision=True,
        out_of_distribution=0.1, returned_to_care=returned, predicted_at=NOW,
    ))  # fmt: skip
    team.tx.flush()
    return study


@pytest.mark.requirement("REG-065", "REG-067")
@pytest.mark.parametrize("said", READ)
def test_mir_trends_and_risks_count_the_same_uses(team: Team, said: str) -> None:
    mode, returned, counts = READ[said]
    device = next(one for one in team.tx.exec(select(Device)) if one.name == DEVICE)
    about = Incident(device_id=device.id or 0, site="", words="x", opened_by="ada", opened_at=NOW)
    day = NOW.date()

    def uses() -> tuple[int, int, int]:
        row = similar_incidents(team.tx, about, on=day).rows[0]
        _, trends = exposure_of(team.tx, DEVICE, Period(day, day))
        return sum(row.used.values()), trends, studies_read(team.tx, RiskPeriod(DEVICE, day, day))

    before = uses()
    read_by(team, mode, returned=returned)
    after = uses()
    assert [new - old for old, new in zip(before, after, strict=True)] == [counts] * 3
    recount_readings(team.tx, DEVICE)
    assert uses() == after, "stored and from rows are the same"


def test_a_deployment_is_use_in_care_live_or_by_another_maker(team: Team) -> None:
    for mode in ("live", "shadow", "external"):
        read_by(team, mode, returned=mode == "live")
    modes = team.tx.exec(select(Deployment.mode).where(used_in_care()).distinct()).all()
    assert set(modes) == {"live", "external"}
    found = team.tx.exec(select(Prediction).where(read_in_care(), Prediction.predicted_at == NOW))
    assert len(found.all()) == 2
