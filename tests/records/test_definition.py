"""A device definition is refused with the line and the reason; the shipped ones are valid."""

from pathlib import Path

import pytest

from journeys.define import load_device
from monitoring.chart_levels import plan_content
from monitoring.plan import parse_plan
from records.definition import check_name, find_definition, load_definition
from records.errors import InvalidInput
from records.settings import REPOSITORY

SHIPPED = sorted((REPOSITORY / "devices").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_device_is_valid_and_its_plan_parses(path: Path) -> None:
    definition = load_definition(path)
    assert definition.name == path.stem
    assert parse_plan(plan_content(definition)).charts


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("  eu: IIa", "  eu: V", "line 13: risk_class.eu: Input should be"),
        ("min_rows: 28", "min_row: 28", "input_requirements.min_rows: Field required"),
        ("target: 0.80", "target: 1.9", "target: a sensitivity is below 1"),
        ("  target: 0.80", "", "needs a target between 0 and 1"),
        ("id: AC-2", "id: AC-1", "every id may be used once"),
        ("AC-4, AC-5]", "AC-4, AC-9]", "not declared: AC-9"),
        ("at_least: 0.80}", "at_least: 0.80, at_most: 0.9}", "either at_least or at_most"),
        ("task:", "task: [", "expected"),
        ("name: chest-radiograph-pneumonia", "name: Chest X", "line 3: name"),
        ("name: chest-radiograph-pneumonia", "name: cuda", "line 3: name: Value error, this is an"),
        ("name: chest-radiograph-pneumonia", "name: ../chest", "line 3: name"),
        ("bins: [0, 18, 40", "bins: [0, 40, 18", "subgroups.1: Value error, bins: two or more"),
        ("field: site}", "field: site, values: [../x]}", "'../x' is no site: a name has letters"),
        ("value: 0.80, margin", "value: .nan, margin", "claims.0.value: Input should be"),
        ("{check: noise, at_most: 0.05,", "{check: noise,", "checks.7: Value error, noise needs"),
        ("check: noise,", "check: graininess,", "input_requirements.checks.7.check"),
        ("{check: view, refuse", "{check: view, at_most: 1, refuse", "view takes no limit here"),
        ("{check: view, refuse", "{check: age, refuse", "line 32: input_requirements: Value error, "
         "checks: age is listed twice"),
        ("-3, at_most: 3", "3, at_most: -3", "at_least lies above at_most"),
        ("  lateralities: [U, B] ", "  # ", "laterality needs 'lateralities'"),
        ("[PatientAge, PatientSex", "[PatientAge, PatientShoe", "required_tags.1: Input should be"),
        ("kind: classification", "kind: segmentation", "the rule dice belongs to task kind"),
        ("rule: fixed_sensitivity", "rule: dice", "the rule dice belongs to task kind"),
        ("rule: fixed_sensitivity", "rule: false_positives", "needs task kind detection"),
        ("rule: fixed_sensitivity\n  target: 0.80", "rule: false_positives", "needs a target"),
        ("intended_purpose: >-", "intended_porpoise: >-", "intended_porpoise: Extra inputs"),
    ],
)
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = find_definition("chest-radiograph-pneumonia").read_text()
    assert before in text
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(before, after, 1))
    with pytest.raises(InvalidInput) as refused:
        load_definition(wrong)
    assert message in str(refused.value)
    assert "wrong.yaml, line " in str(refused.value)


def test_an_unknown_device_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="breast-ultrasound-lesion, chest-ct-nodule, chest-f"):
        find_definition("hip-replacement")


@pytest.mark.parametrize("name", ["cuda", "cpu", "mps", "../chest", "Chest", "ab", "x" * 62, "-ab"])
def test_a_name_that_is_a_path_or_an_accelerator_is_no_devices(name: str) -> None:
    with pytest.raises(InvalidInput, match="name of a"):
        check_name(name)


BREAST = REPOSITORY / "devices" / "breast-ultrasound-lesion.yaml"


def test_a_device_of_several_classes_counts_them_from_none_of_the_findings() -> None:
    task = load_definition(BREAST).task
    assert task.classes == ("normal", "benign", "malignant")
    assert task.class_number("malignant", of="2.25.1") == 2
    with pytest.raises(InvalidInput, match="is 'cyst', no class of this device"):
        task.class_number("cyst", of="2.25.1")


def test_a_task_without_classes_is_written_as_before_there_were_any() -> None:
    task = load_definition(find_definition("chest-radiograph-pneumonia")).task
    assert task.classes == ()
    assert set(task.model_dump(mode="json")) == {"kind", "finding", "definition"}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("  findings: [benign, malignant]", "  findings: [benign]", "two or more findings"),
        ("  none: normal\n", "", "two or more findings, and none"),
        ("none: normal", "none: Benign", "two classes have the same name"),
        ("none: normal", "none: 'class=x'", "is no name of a class"),
        ("kind: multiclass", "kind: classification", "kinds multiclass, multilabel and triage"),
        ("rule: likeliest", "rule: prevalence", "use likeliest"),
        ("minimum_n: 20", "worklist: {longest_wait_minutes: 60}\nminimum_n: 20", "urgent_score"),
    ],
)
def test_classes_that_contradict_themselves_are_refused(
    before: str, after: str, message: str, tmp_path: Path
) -> None:
    text = BREAST.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        load_definition(path)


CHEST = REPOSITORY / "devices" / "chest-radiograph-pneumonia.yaml"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("internal_test: 0.3}", "internal_test: 0.4}", "must add up to 1"),
        ("    charts: [image appearance,", "    charts: [image looks,",
         "retraining.triggers.charts.0: the monitoring plan has no chart 'image looks'"),
        ("subgroups: [sex, age, view, site]", "subgroups: [sex, weight]",
         "retraining.regression.4.subgroups: 'weight' is no declared subgroup; declared: sex"),
        ("since: last_dataset", "since: last_year", "retraining.selection.since"),
        ("reference_standards: [consensus]", "reference_standards: []",
         "retraining.selection.reference_standards: "),
        ("per_patient: 2", "per_patient: 2\n    sites: ['a|b']", "is no site"),
        ("failed_attempts: 3 ", "failed_attempts: 0 ", "retraining.stop.failed_attempts"),
        ("margin: 0.05, basis: low, reason: a test of some 300 studies cannot show less",
         "margin: 0.05, reason: no", "retraining.regression.0.reason"),
        ("kind: classification\n", "kind: multiclass\n  findings: [pneumonia, oedema]\n"
         "  none: none\n", "classification of one finding only, not multiclass"),
    ],
)  # fmt: skip
def test_a_retraining_protocol_that_cannot_be_followed_is_refused_with_line_and_field(
    before: str, after: str, message: str, tmp_path: Path
) -> None:
    text = CHEST.read_text(encoding="utf-8")
    if "multiclass" in after:
        text = text.replace("rule: fixed_sensitivity", "rule: likeliest").replace(
            "  target: 0.80\n", "").replace("  longest_wait", "  urgent_score: 0.5\n  longest_wait")
    assert before in text
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_device(path)
    assert message in str(refused.value)
    assert "wrong.yaml, line " in str(refused.value)


def test_a_change_plan_cannot_be_bound_by_a_protocol_that_is_not_declared(tmp_path: Path) -> None:
    text = CHEST.read_text(encoding="utf-8")
    path = tmp_path / "wrong.yaml"
    path.write_text(text[: text.index("retraining: ")], encoding="utf-8")
    with pytest.raises(InvalidInput, match="MOD-1 is bound by retraining_protocol_followed"):
        load_device(path)


def test_a_definition_without_a_protocol_keeps_the_digest_that_it_had() -> None:
    assert "retraining" not in load_definition(BREAST).model_dump(mode="json")


TRIAGE = REPOSITORY / "devices" / "chest-triage.yaml"


def test_a_triage_device_says_what_each_finding_weighs_and_where_waiting_is_saved() -> None:
    definition = load_definition(TRIAGE)
    assert definition.task.classes[1:] == ("pneumothorax", "pneumonia")
    assert definition.task.weights == (0.0, 1.0, 0.6)
    assert definition.worklist is not None
    assert definition.worklist.reading_room is not None
    other = load_definition(find_definition("chest-radiograph-pneumonia"))
    assert other.task.weights == ()
    assert other.worklist is not None
    assert set(other.worklist.model_dump()) == {"urgent_score", "longest_wait_minutes"}


def test_findings_that_may_be_present_together_are_told_apart_from_exclusive_ones() -> None:
    task = load_definition(find_definition("chest-findings")).task
    assert task.coexisting
    assert task.classes == ("none of these findings", "pneumonia", "pneumothorax")
    assert task.states("pneumothorax?", of="S1") == (0, -1)
    with pytest.raises(InvalidInput, match=r"Study S1: .*'oedema' is no finding"):
        task.states("oedema", of="S1")
    assert not load_definition(TRIAGE).task.coexisting


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("    pneumonia: 0.6\n", "", "a weight is needed for each of"),
        ("pneumonia: 0.6", "pneumonia: 0", "weights are above 0 and at most 1"),
        ("pneumothorax: 1.0", "pneumothorax: 0.9", "the most urgent is 1"),
        ("kind: triage", "kind: multiclass", "belongs to kind triage"),
        ("rule: fixed_sensitivity", "rule: prevalence", "an urgency is no probability"),
        ("studies_a_day: 60", "studies_a_day: 90", "busy 120% of their time"),
        ("longest_wait_minutes: 120", "longest_wait_minutes: 120\n  urgent_score: 0.4",
         "a study is urgent at the operating point"),
    ],
)  # fmt: skip
def test_an_urgency_that_could_not_be_kept_is_refused(
    before: str, after: str, message: str, tmp_path: Path
) -> None:
    text = TRIAGE.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        load_definition(path)
