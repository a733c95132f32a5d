"""A candidate held against its predetermined change control plan, and again at release."""

from typing import Any

import pytest

from records.base import digest_of
from records.errors import Refused
from records.lookup import list_records
from records.plan_checks import PlanCheck
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import Regime, decisions_on
from records.store import Store
from records.surveillance import AcceptanceResult, Evaluation
from regulatory.authorized_plan import require_authorized_plan_kept
from regulatory.change_gate import HOLDS, OUTSIDE, gate_of, require_regimes
from tests.dashboards.small_workspace import SITES, TODAY
from tests.regulatory.later_version import PCCP, answer, proposed, release, review


def checked(store: Store, **stated: Any) -> PlanCheck:
    answer(store, {"regimes": {"pccp": PCCP | stated}})
    with store.reader() as reader:
        return list_records(reader, PlanCheck)[-1]


@pytest.mark.requirement("REG-092")
@pytest.mark.parametrize(
    ("changes", "fact", "result", "words"),
    [
        ({"version": {"architecture": "large_resnet"}}, "parameters_within_bounds",
         "OUT_OF_BOUNDS", "architecture unchanged: no, the plan wants yes"),
        ({"version": {"params": {"fit": {"max_epochs": 50}}}}, "parameters_within_bounds",
         "OUT_OF_BOUNDS", "fit.max_epochs is 50, the plan wants {'at_most': 20.0}"),
        ({"definition": {"indications": "Children with fever"}}, "intended_use_unchanged",
         "OUT_OF_BOUNDS", "indications differ"),
        ({"auc": 0.8}, "cumulative_change_within_limit", "OUT_OF_BOUNDS", "moved by -0.112"),
        ({"cumulative": None}, "cumulative_change_within_limit", "BLOCKED", "no cumulative limit"),
        ({"test_set_attempts": 1}, "test_set_sequestered", "PROTOCOL_DEVIATION",
         "1 versions were evaluated on these locked tests, of at most 1; this candidate"),
        ({"protocol": ["retraining_protocol_followed"]}, "all_protocol_steps_done",
         "PROTOCOL_DEVIATION", "not done: retraining protocol followed"),
        ({"rollout": {"scope": "named_sites", "sites": [SITES[1]]}}, "rollout_scope_allowed",
         "OUT_OF_BOUNDS", f"outside the plan: {SITES[0]}"),
        ({"authorization": None}, "pccp_authorized", "NO_PCCP", "no authorization of a plan"),
    ],
)  # fmt: skip
def test_a_candidate_is_in_bounds_or_the_line_that_it_breaks_is_told(
    store: Store, changes: dict[str, Any], fact: str, result: str, words: str
) -> None:
    proposed(store, **changes)
    if fact == "test_set_sequestered":
        look_again(store)
    check = checked(store)
    (line,) = [one for one in check.lines if one["fact"] == fact]
    assert (check.result, words in line["because"]) == (result, True), line
    with store.reader() as reader:
        assert decisions_on(reader, 2)[Regime.PCCP].result == result


def look_again(store: Store) -> None:
    """The candidate is evaluated a second time on the same locked test."""
    with store.transaction("service:training", "again", now=TODAY) as tx:
        first = tx.get_one(Evaluation, 3)
        tx.add(Evaluation(**first.model_dump(exclude={"id", "attempt"}), attempt=2))


@pytest.mark.requirement("REG-092")
def test_a_modification_that_the_plan_does_not_list_is_out_of_bounds(store: Store) -> None:
    proposed(store)
    assert checked(store, modification="MOD-9").facts["modification_listed"] is False


@pytest.mark.requirement("REG-092", "REG-093")
def test_the_check_is_repeated_at_release_and_what_changed_is_named(store: Store) -> None:
    proposed(store)
    answer(store)
    review(store)
    with pytest.raises(Refused, match=rf"since the check of the plan: sites \({SITES[1]}\)"):
        with store.transaction("demo.quality", "confirm", now=TODAY) as tx:
            require_regimes(tx, tx.get_one(ChangeRequest, 2), sites=list(SITES[:2]))
    look_again(store)
    with store.transaction("service:training", "judged anew", now=TODAY) as tx:
        one = AcceptanceResult(model_version_id=2, criterion="AC-1", statement="AC-1",
                               verdict="met", observed=0.91, bound=0.8, judged_at=TODAY)
        tx.add(one)
    with pytest.raises(Refused, match="acceptance criteria, figures, looks at the"):
        release(store)
    with store.reader() as reader:
        assert reader.get_one(ModelVersion, 2).status == "candidate"


@pytest.mark.requirement("REG-092")
def test_the_gate_is_tried_before_anything_is_filed_and_files_nothing(store: Store) -> None:
    proposed(store, version={"architecture": "large_resnet"})
    with store.reader() as reader:
        lines = {one.part: one for one in gate_of(reader, reader.get_one(ModelVersion, 2))}
        assert list_records(reader, PlanCheck) == []
    assert lines["plan: parameters within bounds"].state == OUTSIDE
    assert lines["plan: acceptance overall pass"].state == HOLDS
    assert "two people" in lines["signatures"].words


@pytest.mark.requirement("REG-092")
def test_an_authorized_plan_is_altered_only_under_another_authorization(store: Store) -> None:
    proposed(store)
    with store.reader() as reader:
        before = reader.get_one(Device, 2).model_dump(exclude={"id", "revision", "status"})
        for version, words in (("1", "test_set_attempts; as in DEV-0002"), ("2", "")):
            content = before["definition"] | {"pccp": before["definition"]["pccp"] | {
                "test_set_attempts": 9,
                "authorization": before["definition"]["pccp"]["authorization"]
                | {"version": version},
            }}  # fmt: skip
            later = Device(**before | {"definition": content, "revision": 3,
                                       "definition_digest": digest_of(content)})  # fmt: skip
            if not words:
                require_authorized_plan_kept(reader, later)
                continue
            with pytest.raises(Refused, match=words):
                require_authorized_plan_kept(reader, later)
