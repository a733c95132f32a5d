"""``radvigil submission``: forms filled at the command line, and what they lack."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from records.incidents import AwarenessFact
from records.settings import REPOSITORY
from records.store import Store
from regulatory.forms.catalogue import forms
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import TODAY, populate
from tests.records.one_of_each import add_one_of_each
from tests.regulatory.forms.whole_forms import whole

PAGE = (REPOSITORY / "docs" / "submission-data.md").read_text(encoding="utf-8")


def written(folder: Path, facts: dict[str, Any], name: str = "facts.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"facts": facts}))
    return path


@pytest.mark.requirement("REG-080")
def test_a_form_is_filled_and_its_follow_up_lists_what_changed(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    facts = whole("MIR") | {"patient_age": {"unknown": "Not told."}, "udi_di": None}
    done = run("submission", "fill", "MIR", "--facts", written(tmp_path, facts), "--out", first)
    assert done.exit_code == 0, done.output
    assert "missing  2.1 UDI-DI: needed" in done.stdout
    later = written(tmp_path, facts | {"report_type": "FOLLOW_UP", "patient_age": 61}, "later.json")
    done = run("submission", "fill", "mir", "--facts", later, "--follows", first, "--out", second,
               "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    schema = json.loads((REPOSITORY / "docs" / "submission-data.schema.json").read_text())
    jsonschema.validate(told, schema)
    assert told == json.loads(second.read_bytes())
    assert [one["number"] for one in told["changed"]] == ["1.2e", "3.3"]
    again = run("submission", "fill", "MIR", "--facts", later, "--out", second)
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_forms_and_fields_are_shown_without_a_workspace(run: Run) -> None:
    rows = json.loads(run("submission", "forms", "--json").stdout)
    assert [one["form"] for one in rows] == list(forms())
    shown = run("submission", "fields", "806")
    assert shown.exit_code == 0, shown.output
    assert "(c)(13)" in shown.stdout and "if anything is unknown" in shown.stdout
    assert run("submission", "fields", "XYZ").exit_code == 2


def test_a_patient_and_xml_are_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    named = whole("MIR") | {"event_description": "Patient Zwetschkenbaum was sent home."}
    out = tmp_path / "out.json"
    done = run("submission", "fill", "MIR", "--facts", written(tmp_path, named), "--out", out)
    assert done.exit_code == 1 and "3.1 Description of the incident" in done.stderr
    assert "Zwetschkenbaum" not in done.output and not out.exists()
    done = run("submission", "fill", "MIR", "--facts", written(tmp_path, whole("MIR")), "--xml")
    assert done.exit_code == 1 and "No XML is made" in done.stderr


def test_the_definition_of_a_device_fills_what_no_fact_says(run_as: Run, tmp_path: Path) -> None:
    device = "chest-radiograph-pneumonia"
    assert run_as("device", "define", device, "--reason", "first").exit_code == 0
    words = ("submission", "fill", "806", "--facts", written(tmp_path, {"brand_name": "Other"}))
    done = run_as(*words, "--device", device, "--json")
    assert done.exit_code == 0, done.output
    told = {one["key"]: one["written"] for one in json.loads(done.stdout)["fields"]}
    assert told["brand_name"] == "Other"
    assert {"submitter_name", "submitter_address", "udi", "intended_use"} <= told.keys()
    lacking = {one["key"] for one in json.loads(done.stdout)["missing"]}
    assert {"submitter_phone", "marketing_status"} <= lacking
    odd = run_as(*words, "--device", "odd")
    assert (odd.exit_code, "No device 'odd'" in odd.stderr) == (1, True)


@pytest.mark.parametrize("text", ["{", "[]", '{"facts": 1}', '{"form": "MIR"}'])
def test_a_malformed_file_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "facts.json"
    path.write_text(text)
    assert run("submission", "fill", "MIR", "--facts", path).exit_code == 2
    good = written(tmp_path, whole("MIR"), "good.json")
    assert run("submission", "fill", "MIR", "--facts", good, "--follows", path).exit_code == 2


@pytest.mark.parametrize("form_id", forms())
def test_the_page_tells_each_form_as_it_is(form_id: str) -> None:
    form = forms()[form_id]
    always = sum(one.needed is True for one in form.fields)
    sometimes = sum(not isinstance(one.needed, bool) for one in form.fields)
    assert f"| `{form_id}` | {len(form.fields)} | {always} | {sometimes} |" in PAGE


def test_an_incident_fills_what_its_record_knows_and_guesses_nothing(
    run: Run, store: Store
) -> None:
    populate(store)
    with store.transaction("setup", now=TODAY) as tx:
        add_one_of_each(tx, TODAY)
        tx.add(AwarenessFact(
            incident_id=1, person="support", person_class="ANY_EMPLOYEE", how="a call",
            known_at=datetime(2026, 3, 5, 23, 30, tzinfo=UTC), zone="Europe/Berlin",
            recorded_by="ada", recorded_at=TODAY,
        ))  # fmt: skip
    home = store.workspace.home
    store.close()
    done = run("--home", home, "submission", "fill", "MIR", "--incident", "INC-0001", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    filled = {one["key"]: one.get("written") for one in told["fields"]}
    assert filled["awareness_incident"] == "2026-03-06", "the civil day in Berlin"
    assert (told["reference"], filled["event_description"]) == ("INC-0001", "it missed one")
    missing = {one["number"] for one in told["missing"]}
    assert {"1.1a", "1.2b", "1.2e"} <= missing, "an unknown day of the event is missing, not told"
    assert run("submission", "fill", "MIR").exit_code == 2
