"""Each claim of the label beside its evidence; a version that breaks one is not released."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import select

from monitoring.baselines import claim_bounds
from monitoring.promises import find_unmeasured
from records.base import digest_of
from records.definition import DeviceDefinition, find_definition, load_definition
from records.errors import Refused
from records.performance_claims import Claim
from records.product import Device, ModelVersion
from records.store import Store
from records.surveillance import Evaluation, EvaluationResult, Revalidation
from regulatory.claims import (
    CONTRADICTED,
    NO_EVIDENCE,
    NOT_SHOWN,
    SUPPORTED,
    all_supported,
    claim_gaps,
    claim_rows,
    verdict_of,
    version_to_show,
)
from regulatory.release_evidence import release_gaps
from tests.dashboards.small_workspace import SITES, TODAY
from tests.regulatory.later_version import candidate, proposed, ready, release

NAME = "chest-radiograph-pneumonia"
AUC = {"measure": "auc", "margin": 0.1}
"""Both locked tests of the candidate found an AUC of 0.9, 0.87 to 0.95."""


@pytest.mark.requirement("REG-051")
def test_each_claim_stands_beside_the_estimates_that_carry_it(store: Store) -> None:
    proposed(store, definition={"claims": [
        AUC | {"value": 0.85}, AUC | {"value": 0.95, "subgroup": "sex=F"},
        {"measure": "sensitivity", "value": 0.8, "margin": 0.1, "evidence": "external_test"},
    ]})  # fmt: skip
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 2)
        found = claim_rows(reader, version)
        assert claim_gaps(reader, version) == []
        assert version_to_show(reader, reader.get_one(Device, 1).name).label == "MDV-0001"
    assert [(one.claim, one.test, one.verdict) for one in found] == [
        ("auc is 0.85", "internal_test", SUPPORTED), ("auc is 0.85", "external_test", SUPPORTED),
        ("auc in sex=F is 0.95", "", NO_EVIDENCE), ("sensitivity is 0.8", "", NO_EVIDENCE),
    ]
    assert (found[0].evidence, found[0].n, found[0].low, found[0].high) == (
        "EVR-0005", 300, 0.87, 0.95)  # fmt: skip
    assert "internal test: 0.900 (95% CI 0.870 to 0.950, n = 300)" in found[0].words
    assert found[-1].words == "the version has no estimate of it on the external test"
    assert not all_supported(found) and all_supported(found[:2])


@pytest.mark.requirement("REG-051")
def test_a_version_that_breaks_a_claim_is_not_released_until_the_label_is_corrected(
    store: Store,
) -> None:
    proposed(store, definition={"claims": [AUC | {"value": 0.97}]})
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 2)
        (one, other) = claim_gaps(reader, version)
        device = reader.get_one(Device, version.device_id)
        assert one in release_gaps(reader, device, version) and "external test" in other
    assert one.startswith("the claim 'auc is 0.97' is contradicted: internal test: 0.900 (95% CI ")
    with pytest.raises(Refused):
        release(store)
    corrected(store, AUC | {"value": 0.9})
    with store.reader() as reader:
        assert claim_gaps(reader, reader.get_one(ModelVersion, 2)) == []


def corrected(store: Store, *claims: dict[str, Any]) -> None:
    """A new revision of the definition with another label, in force."""
    with store.transaction("demo.quality", "the label is corrected", now=TODAY) as tx:
        before = tx.exec(select(Device).where(Device.revision == 2)).one()
        content = before.definition | {"claims": list(claims)}
        made = Device(**before.model_dump(
            exclude={"id", "revision", "definition", "definition_digest", "status"}
        ), revision=3, definition=content, definition_digest=digest_of(content))  # fmt: skip
        tx.add(made)
        tx.flush()
        made.status = "accepted"


@pytest.mark.requirement("REG-051")
def test_a_claim_that_use_no_longer_supports_is_said(store: Store) -> None:
    ready(store)
    version = candidate(store, definition={"claims": [AUC | {"value": 0.9}]})
    with store.transaction("service:evaluation", "revalidated", now=TODAY) as tx:
        look = Evaluation(model_version_id=version.id or 0, purpose="revalidation", attempt=1,
                          studies=80, patients=80, figures={}, inputs_digest="7" * 64,
                          evaluated_at=TODAY)  # fmt: skip
        tx.add(look)
        tx.flush()
        tx.add(EvaluationResult(evaluation_id=look.id or 0, measure="auc", subgroup="all", n=80,
                                value=0.8, low=0.7, high=0.88, level=0.95))  # fmt: skip
        tx.add(Revalidation(
            model_version_id=version.id or 0, site=SITES[0], trigger="schedule", comparison={},
            period_from=TODAY.date(), period_to=TODAY.date(), outcome="degraded", conclusion="x",
            after_evaluation_id=look.id, revalidated_at=TODAY,
        ))  # fmt: skip
    with store.reader() as reader:
        found = claim_rows(reader, version)
        assert claim_gaps(reader, version) == [], "a release rests on locked tests"
    assert [one.verdict for one in found] == [SUPPORTED, SUPPORTED, CONTRADICTED]
    assert found[-1].words.startswith(f"revalidation at {SITES[0]}: 0.800")


def test_the_verdict_is_by_the_whole_interval() -> None:
    claim = Claim(measure="sensitivity", value=0.8, margin=0.1)
    assert verdict_of(claim, 0.60, 0.85)[0] == NOT_SHOWN
    assert verdict_of(claim, 0.70, 0.80)[0] == SUPPORTED
    assert verdict_of(claim, 0.75, 0.79)[0] == CONTRADICTED


@pytest.fixture(scope="module")
def shipped() -> Iterator[DeviceDefinition]:
    yield load_definition(find_definition(NAME))


def test_a_claim_of_a_subgroup_bounds_no_chart_and_leaves_older_digests(
    shipped: DeviceDefinition,
) -> None:
    plain = [{"measure": "sensitivity", "value": 0.8, "margin": 0.1}]
    content = shipped.model_dump(mode="json")
    assert [set(one) for one in content["claims"]] == [{"measure", "value", "margin"}] * 2
    group = plain[0] | {"value": 0.7, "subgroup": "sex=F"}
    made = DeviceDefinition.model_validate(content | {"claims": [*plain, group]})
    assert claim_bounds(made) == {"sensitivity": pytest.approx(0.7)}
    assert find_unmeasured(made) == []
    wrong = DeviceDefinition.model_validate(
        content | {"claims": [plain[0] | {"subgroup": "hair=red"}]}
    )
    ((where, words),) = find_unmeasured(wrong)
    assert where == ("claims", 0, "subgroup") and "declared subgroup" in words
    with pytest.raises(ValidationError, match="claimed once of all studies"):
        DeviceDefinition.model_validate(content | {"claims": [*plain, *plain]})
