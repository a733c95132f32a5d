"""A table with features of a model and reasons of refusal gets their charts, and they find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitoring.replay_files import plan_file, replay_files
from monitoring.replay_plan import read_replay_plan

COLUMNS = [f"embedding_{number}" for number in range(4)]


def table(
    start: str, days: int, seed: int, *, moved: float = 0.0, refused: float = 0.01
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 30 * days
    seconds = np.sort(rng.integers(0, 86_400 * days, n))
    frame = pd.DataFrame({"time": pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")})
    for name in COLUMNS:
        frame[name] = rng.normal(moved, 1.0, n)
    frame["latency_ms"] = np.exp(rng.normal(6.0, 0.4, n)).round(3)
    reasons = np.full(n, None, object)
    reasons[rng.random(n) < refused] = "out_of_scope"
    frame["refused"] = reasons
    return frame


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    table("2025-01-06", 60, 1).to_parquet(folder / "reference.parquet")
    table("2025-03-10", 21, 2).to_parquet(folder / "quiet.parquet")
    odd = table("2025-03-10", 21, 3, moved=0.8, refused=0.15)
    odd.loc[300, "refused"] = "undecodable"
    odd.to_parquet(folder / "odd.parquet")
    plan_file(
        folder / "reference.parquet", folder / "plan.json", columns={}, by="", alerts_per_year=1.0
    )
    return folder


def charts(folder: Path, current: str) -> set[str]:
    found = replay_files(
        folder / "plan.json", folder / "reference.parquet", folder / current, columns={}, by=""
    )
    return {one["chart"] for one in found.points if one["state"] == "alert"}


def test_the_plan_watches_features_together_and_refusals_by_share_and_reason(files: Path) -> None:
    plan = read_replay_plan(files / "plan.json")
    kinds = {one.name: one.detector for one in plan.plan.charts}
    assert kinds["features of the model"] == "embedding_drift"
    assert kinds["refused"] == "stated_share"
    assert kinds["new reason: refused"] == "new_name"
    assert kinds["fact latency_ms"] == "fact_distribution"
    assert not any(name.startswith("fact embedding") for name in kinds)
    assert plan.plan.chart("features of the model").parameters["columns"] == COLUMNS
    assert 0.01 < plan.plan.chart("refused").parameters["highest_share"] < 0.03


def test_a_quiet_table_is_quiet_and_the_odd_one_is_told_chart_by_chart(files: Path) -> None:
    assert charts(files, "quiet.parquet") == set()
    assert charts(files, "odd.parquet") == {
        "features of the model", "refused", "new reason: refused",
    }  # fmt: skip


def test_what_only_an_installation_knows_is_not_estimable_in_a_table_that_lacks_it(
    files: Path,
) -> None:
    for name in ("reference", "quiet"):
        frame = pd.read_parquet(files / f"{name}.parquet")
        frame.drop(columns="refused").to_parquet(files / f"{name}_less.parquet")
    found = replay_files(
        files / "plan.json", files / "reference_less.parquet", files / "quiet_less.parquet",
        columns={}, by="",
    )
    states = {one["state"] for one in found.points if one["chart"] == "refused"}
    assert states == {"not estimable"}
