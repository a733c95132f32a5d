"""Findings that may be present together are judged each on its own, from what is on record."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.tasks.multilabel import by_number, ranked_findings
from monitoring.evaluate import evaluate_rows
from monitoring.promises import find_unmeasured
from monitoring.run import site_day
from records.definition import find_definition, load_definition
from records.errors import IntegrityBroken, InvalidInput
from records.finding_states import any_is_known, states_text

FINDINGS = ["pneumonia", "pneumothorax"]


def finding_rows(n: int = 120) -> list[dict[str, Any]]:
    """Studies of a device whose findings may be present together; of every fifth nobody knows the
    second."""
    rng, rows = np.random.default_rng(6), []
    for k in range(n):
        there = rng.random(2) < (0.5, 0.4)
        chance = np.clip(0.2 + 0.6 * there + rng.normal(0, 0.2, 2), 0.01, 0.99)
        states = [int(there[0]), -1 if k % 5 == 0 else int(there[1])]
        named = [int(one >= 0.5) for one in chance]
        rows.append({
            "study": k, "patient": f"P{k}", "truth": 1 in states, "site": "a", "sex": "F",
            "truth_finding": states_text(states, FINDINGS, "none of these findings"),
            "score": float(max(chance)), "decision": any(named), "age_years": 50.0, "view": "PA",
            "outputs": {"findings": ranked_findings(FINDINGS, chance, named, [0.5, 0.5])},
        })  # fmt: skip
    return rows


def test_findings_present_together_are_judged_from_what_is_on_record_and_as_scored() -> None:
    definition = load_definition(find_definition("chest-findings"))
    stored = finding_rows()
    scored = [
        {name: one for name, one in row.items() if name not in ("outputs", "truth_finding")}
        | by_number(row["outputs"], FINDINGS) | {"findings": row["truth_finding"]}
        for row in stored
    ]
    one, other = (evaluate_rows(definition, rows, purpose="x") for rows in (stored, scored))
    assert one.estimates == other.estimates
    assert one.inputs_digest == other.inputs_digest
    found = {(each.measure, each.subgroup): each for each in one.estimates}
    assert found["finding_auc", "class=pneumothorax"].n == 96
    assert found["finding_auc", "class=pneumonia"].n == 120
    second = one.figures["by_finding"][1]
    assert second["not_known"] == 24
    assert sum(count for name, count in second.items() if name != "finding") == 120
    unsettled = sum(not any_is_known(row["truth_finding"]) for row in stored)
    assert 0 < unsettled == 120 - sum(one.figures["two_by_two"].values())
    assert found["auc", "all"].n == 120 - unsettled


def test_an_answer_of_other_findings_is_never_judged() -> None:
    definition = load_definition(find_definition("chest-findings"))
    rows = finding_rows(30)
    rows[4]["outputs"] = {"findings": [{"finding": "oedema", "probability": 0.2, "present": True,
                                        "operating_point": 0.1}]}  # fmt: skip
    with pytest.raises(IntegrityBroken, match="study 4 is not of the device's findings"):
        evaluate_rows(definition, rows, purpose="x")
    rows[4]["truth_finding"] = "oedema"
    with pytest.raises(InvalidInput, match="Study 4: Of the truth 'oedema'"):
        evaluate_rows(definition, rows, purpose="x")
    none = definition.acceptance_criteria[1].model_copy(
        update={"subgroup": "class=none of these findings"}
    )
    faults = find_unmeasured(definition.model_copy(update={"acceptance_criteria": [none]}))
    assert ["is needed" in why for _, why in faults] == [True]


def test_a_study_of_which_any_finding_is_not_known_counts_in_no_chart_of_the_day() -> None:
    day = date(2026, 6, 3)
    rows = [
        {"arrived_on": day, "known_on": day, "truth": False, "decision": False,
         "truth_finding": words}
        for words in ("pneumothorax?", "none of these findings")
    ]  # fmt: skip
    made, late = site_day("a", day, [], rows, SimpleNamespace(maximum_delay_days=60))  # type: ignore[arg-type]
    assert (made.truth.tolist(), late) == ([0], 0)
