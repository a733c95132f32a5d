"""Pictures of which it is not known whether they show any finding count for and against nothing."""

import numpy as np

from imaging.dataset_checks.report import check_dataset
from records.dataset_rules import DatasetRules, PopulationGroup
from records.definition import find_definition, load_definition
from tests.imaging.dataset_checks.made import dataset, small

DEFINITION = load_definition(find_definition("chest-findings")).model_copy(
    update={"expected_population": [PopulationGroup(field="finding", at_least=0.1)]}
)


def test_they_are_left_out_of_shortcuts_suspect_labels_and_prevalence() -> None:
    facts, pictures = dataset(160)
    words = np.where(facts["finding"] == 1, "pneumonia", "none of these findings").astype(object)
    unsettled = np.arange(160) % 4 == 0
    words[unsettled] = "pneumothorax?"
    facts = facts.assign(findings=words, finding=np.where(unsettled, 0, facts["finding"]))
    found = check_dataset(facts, small(pictures), rules=DatasetRules(), definition=DEFINITION)
    by_name = {(one.rule, one.subject): one for one in found.outcomes}
    assert found.n == 160
    assert by_name["suspect_labels", "finding"].n == 120
    assert by_name["shortcuts", "site"].n == 90  # without the external test
    train = by_name["population", "train: prevalence"]
    kept = ~unsettled & (facts["split"] == "train").to_numpy()
    assert (train.n, train.count) == (30, int((words[kept] == "pneumonia").sum()))


def test_copies_with_other_findings_contradict_each_other_though_both_show_one() -> None:
    facts, pictures = dataset(80)
    words = np.where(facts["finding"] == 1, "pneumonia", "none of these findings").astype(object)
    first, second = np.flatnonzero(facts["finding"] == 1)[:2]
    words[second] = "pneumothorax"
    pictures[second] = pictures[first]
    rules, facts = DatasetRules(), facts.assign(findings=words)
    found = check_dataset(facts, small(pictures), rules=rules).outcomes
    (torn,) = [one for one in found if one.rule == "conflicting_labels"]
    assert (torn.count, torn.passed) == (1, False)
