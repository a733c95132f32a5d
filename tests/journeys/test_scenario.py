"""A story is read whole: every verb is known, and every deed names what was made before it."""

import re
from pathlib import Path

import pytest

from journeys.define import load_device
from journeys.demonstrate import steps_of
from journeys.demonstration_order import DEVICE, Order
from journeys.demonstration_years import definitions, device_names, merged, watched
from journeys.read_by_checklist import READINGS
from journeys.scenario import Scene, read_story, scenario_folder, scenarios
from journeys.scenario_changes import CHANGES, CHANGES_ALONE
from journeys.scenario_events import EVENTS
from journeys.scenario_quality import QUALITY, QUALITY_ALONE
from records.checklist_answers import answers_told
from records.errors import InvalidInput
from records.fact_kinds import FACT_KINDS
from records.settings import Workspace
from regulatory.checklist_tables import read_answer_rows
from regulatory.documents.checklist import reviewers_checklist
from regulatory.fact_tables import read_fact_rows
from regulatory.rules.applying import apply_rules

NAME = "two-years"
VERBS = {**EVENTS, **QUALITY, **QUALITY_ALONE, **CHANGES, **CHANGES_ALONE}


@pytest.fixture(scope="module")
def story() -> list[Scene]:
    return read_story(scenario_folder(NAME) / "story.yaml", device=DEVICE)


def test_every_deed_is_a_verb_and_names_what_was_made_before_it(story: list[Scene]) -> None:
    made: set[str] = set()
    for one in story:
        assert one.verb in VERBS, one
        named = set(re.findall(r"\$([a-z0-9_]+)", str(dict(one.said))))
        assert named <= made, f"{one.name} names {named - made} before it was made"
        made.add(one.name)
    first, last = watched(NAME)[0][0], watched(NAME)[0][-1]
    assert all(first.replace(day=1) <= one.day <= last.replace(day=28).replace(day=31)
               for one in story)  # fmt: skip


def test_a_verb_is_of_one_kind_only() -> None:
    kinds = (EVENTS, QUALITY, QUALITY_ALONE, CHANGES, CHANGES_ALONE)
    assert len(VERBS) == sum(map(len, kinds))


def test_two_devices_one_of_them_a_legacy_device_of_class_i(tmp_path: Path) -> None:
    first, second = map(load_device, definitions(Workspace(tmp_path), NAME))
    assert [first.name, second.name] == device_names(NAME)
    assert (first.risk_class.eu, second.risk_class.eu) == ("IIa", "I")
    assert second.regulation is not None
    assert second.regulation.eu is not None
    assert second.regulation.eu.certificate == "legacy"


def test_tables_of_facts_can_be_read() -> None:
    tables = sorted((scenario_folder(NAME) / "facts").glob("*/*.csv"))
    assert tables
    for path in tables:
        assert read_fact_rows(path.read_bytes(), FACT_KINDS[path.stem]), path


def test_readings_by_the_checklist_can_be_taken_in() -> None:
    for path in (scenario_folder(NAME) / READINGS).glob("*.csv"):
        kind, _, device = path.stem.partition("@")
        assert device in {"", *device_names(NAME)}, path
        asked = reviewers_checklist().questions_of(kind)
        assert set(answers_told(read_answer_rows(path.read_bytes()), asked)) <= set(asked), path


def test_sections_are_merged_and_taken_away() -> None:
    base = {"a": {"b": 1, "c": 2}, "d": [1], "e": None}
    assert merged(base, {"a": {"b": None, "x": 3}, "d": [2]}) == {
        "a": {"c": 2, "x": 3}, "d": [2], "e": None,
    }


def test_an_order_of_a_scenario_is_named_alone_and_known_again() -> None:
    assert scenarios() == [NAME]
    assert Order(scenario=NAME).identity()["scenario"] == NAME
    for wrong in ({"clinic": True}, {"drift": False}, {"device": "lung-fields"}):
        with pytest.raises(InvalidInput, match="brings its own devices"):
            Order(scenario=NAME, **wrong)
    with pytest.raises(InvalidInput, match="There is no scenario 'ten-years'"):
        Order(scenario="ten-years")
    names = [one.name for one in steps_of(DEVICE, over_years=True)]
    assert names.index("others") < names.index("operate") < names.index("document")


def test_a_story_with_a_fault_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text('story:\n  - {on: "2026-06-02", do: sign, as: x}\n')
    with pytest.raises(InvalidInput, match="deed 1 does not say by"):
        read_story(path, device=DEVICE)
    row = '  - {on: "2026-06-02", by: demo.quality, do: sign, as: x}\n'
    path.write_text(f"story:\n{row}{row}")
    with pytest.raises(InvalidInput, match="two deeds have one name"):
        read_story(path, device=DEVICE)


def test_an_incident_counts_in_the_country_where_it_happened(story: list[Scene]) -> None:
    """One of the United States or of Switzerland is none of the EEA in a PSUR."""
    sites: dict[str, str] = {}
    places = {"northfield": "DE", "eastbrook": "DE", "westhaven": "US", "": "CH"}
    for one in story:
        if one.verb == "receive complaint":
            sites[f"${one.name}"] = str(one.said.get("site", ""))
        elif one.verb == "open incident":
            sites[f"${one.name}"] = sites[str(one.said["complaint"])]
    assessed = [one for one in story if one.verb == "assess incident"
                and one.said["jurisdiction"] == "EU"]  # fmt: skip
    assert len(assessed) >= 7
    for one in assessed:
        facts, country = one.said["facts"], places[sites[str(one.said["incident"])]]
        told = facts.get("country_of_incident") or facts["member_states"][0]
        assert told == country, one.name
        columns = apply_rules(["R-PSUR-04"], {"country_of_incident": told})["columns"]
        assert (len(columns) > 1) is (country == "DE")
