"""Drift and alerts: subgroups beside each other, and announced changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from records.chart_names import level_chart
from records.people import find_actor
from records.planned_changes import announce_change
from records.product import Site
from records.store import Store
from records.surveillance import ChartBaseline, ChartPoint, MonitoringRun
from regulatory.documents.wording import number
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import SITES

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
GIRLS, BOYS = (level_chart("sensitivity gap", "sex", label) for label in ("F", "M"))


@pytest.fixture
def compared(records: Store) -> Store:
    """Two levels of which one was judged; a scanner that was announced late."""
    with records.transaction("setup", "charts of levels", now=NOW) as tx:
        run = tx.exec(select(MonitoringRun).order_by(MonitoringRun.day.desc())).first()  # type: ignore[attr-defined]
        assert run is not None and run.id is not None
        for chart in (GIRLS, BOYS):
            tx.add(ChartBaseline(
                plan_id=run.plan_id, model_version_id=run.model_version_id, site_id=1, chart=chart,
                n=0, alpha=0.002, frozen_at=NOW,
                prepared={"measure": "sensitivity", "allowed_gap": 0.05},
            ))  # fmt: skip
        tx.add(ChartPoint(
            run_id=run.id, chart=GIRLS, subgroup="sex=F", site=SITES[0], day=run.day, n=80,
            value=-0.12, low=-0.25, high=0.02, statistic=0.8, limit=2.7,
        ))  # fmt: skip
        tx.add(ChartPoint(
            run_id=run.id, chart=BOYS, subgroup="sex=M", site=SITES[0], day=run.day, n=2,
            limit=2.7, reason="2 cases of the subgroup and 80 of the rest with known truth",
        ))  # fmt: skip
    with records.transaction("demo.quality", "letter", now=NOW) as tx:
        announce_change(
            tx, tx.get_one(Site, 2), kind="scanner", first_day=date(2026, 3, 2),
            last_day=date(2026, 3, 3), description="unit of room 2 replaced", reason="letter",
            by=find_actor(tx, "demo.quality"), now=NOW,
        )
    return records


@pytest.mark.usefixtures("compared")
def test_every_level_stands_beside_the_others_or_says_why_it_does_not(visit: Visit) -> None:
    app = visit("demo.quality", "performance")
    said = text_of(app)
    assert "Subgroups beside each other" in said
    interval = f"{number(-0.12, 2)} ({number(-0.25, 2)} to {number(0.02, 2)}, n = 80"
    assert interval in said
    assert "not estimable: 2 cases of the subgroup and 80 of the rest" in said
    assert "sex F" in said


@pytest.mark.usefixtures("compared")
def test_an_announcement_is_shown_with_who_and_that_it_came_late(visit: Visit) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = "Plan and who is told"
    said = text_of(app.run())
    assert "Changes that sites have announced" in said
    assert "unit of room 2 replaced" in said
    assert "after the fact" in said
