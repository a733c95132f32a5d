"""Outlines in use are judged when the true ones are known, and not before."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from imaging.sources.masks import mask_png
from monitoring.evaluate import evaluate_rows
from monitoring.outlines import judged_rows
from monitoring.plan import parse_plan
from monitoring.run import site_day
from records.base import digest_of
from records.cases import Prediction, ReferenceStandard, Study
from records.definition import find_definition, load_definition
from records.named_bytes import named_bytes
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.queries import prediction_rows
from records.store import Store
from records.vault import Vault

DEFINITION = load_definition(find_definition("lung-fields"))


def square(at: int) -> np.ndarray:
    mask = np.zeros((24, 24), dtype=bool)
    mask[at : at + 10, 4:20] = True
    return mask


@pytest.fixture
def outlining(store: Store, now: datetime) -> Store:
    """One study outlined rightly, one four rows too low, one whose truth is not known yet, and one
    that was read before outlines were kept."""
    vault, content = Vault(store.workspace.vault), DEFINITION.model_dump(mode="json")
    drawn = [{"mask": vault.put(mask_png(square(at))), "spacing": [2.0, 2.0], "share": 0.3}
             for at in (5, 9, 5)] + [{"share": 0.3}]  # fmt: skip
    true = vault.put(mask_png(square(5)))
    with store.transaction("setup", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
        tx.add(Device(name="lung-fields", revision=1, trade_name="D", definition=content,
                      definition_digest=digest_of(content), defined_at=now))  # fmt: skip
        tx.flush()
        tx.add(DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="1", weights_hash="1",
            architecture="unet", model={"task": "segmentation"}, operating_point=0.5, params={},
            dvc_lock_digest="0", code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(Deployment(model_version_id=1, site_id=1, mode="live", started_at=now))
        tx.flush()
        for number, outputs in enumerate(drawn, start=1):
            tx.add(Study(
                study_uid=f"2.25.{number}", patient=f"P{number}", site_id=1, purpose="clinical",
                arrived_on=now.date(), received_at=now, rows=24, columns=24,
            ))  # fmt: skip
            tx.flush()
            tx.add(Prediction(
                study_id=number, model_version_id=1, deployment_id=1, score=0.9, decision=True,
                out_of_distribution=0.0, returned_to_care=True, predicted_at=now, outputs=outputs,
            ))  # fmt: skip
            late = timedelta(days=30 if number == 3 else 2)
            tx.add(ReferenceStandard(
                study_id=number, finding="lungs", present=True, source="outline of lungs",
                known_on=now.date() + late, received_at=now, region=true,
            ))  # fmt: skip
    return store


def judged(store: Store, until: date, on: date | None = None) -> list[dict[str, Any]]:
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        rows = prediction_rows(reader, version)
        return judged_rows(reader, vault, version, rows, until=until, on=on)


def test_an_outline_is_compared_when_its_truth_is_known(outlining: Store, now: datetime) -> None:
    day = now.date() + timedelta(days=2)
    assert [row["truth"] for row in judged(outlining, now.date())] == [None] * 4
    rows = judged(outlining, day)
    assert [row["truth"] for row in rows] == [True, True, None, None]
    assert [row.get("dice") for row in rows[:2]] == [1.0, pytest.approx(0.6)]
    assert [row["fits"] for row in rows[:2]] == [True, False]
    assert rows[1]["unit"] == "mm"
    assert rows[1]["hd95"] == pytest.approx(8.0), "four rows of 2 mm"
    assert [row["study_id"] for row in judged(outlining, day, on=day) if row["truth"]] == [1, 2]
    assert judged(outlining, day, on=now.date()) == []


def test_charts_count_outlines_that_fit_and_evaluations_their_dice(
    outlining: Store, now: datetime
) -> None:
    day = now.date() + timedelta(days=2)
    rows = judged(outlining, day, on=day)
    parsed = parse_plan(DEFINITION.monitoring_plan)
    facts, late = site_day("north", day, [], rows, parsed)
    assert (facts.truth.tolist(), facts.decision.tolist(), late) == ([1, 1], [1, 0], 0)
    known = [row | {"study": row["study_id"]} for row in rows if row["truth"]]
    small = DEFINITION.model_copy(update={"minimum_n": 2})
    found = {(one.measure, one.subgroup): one.value
             for one in evaluate_rows(small, known, purpose="post_market").estimates}  # fmt: skip
    assert found["dice", "all"] == pytest.approx(0.8)
    assert found["fitting", "all"] == 0.5


def test_the_kept_outlines_are_among_the_bytes_that_records_name(outlining: Store) -> None:
    vault = Vault(outlining.workspace.vault)
    with outlining.reader() as reader:
        named = dict(named_bytes(reader, vault))
    for mask in (square(5), square(9)):
        assert vault.put(mask_png(mask)) in named
    assert sum("(outputs)" in record for record in named.values()) >= 1
