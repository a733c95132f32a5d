"""Traceability, risk, release and anomalies: every section there, facts of the records, gaps."""

from collections.abc import Iterator

import pytest

from records.people import find_actor
from records.problem_reports import ProblemReport, decide_problem
from records.product import Device
from records.risk import RiskReview
from records.settings import Workspace
from records.store import Store, open_store
from records.test_runs import TestRun
from regulatory.compile import Request, content_now
from regulatory.document_texts import write_text
from regulatory.documents.blocks import Cell, Gap, HumanText, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.places import PLACES
from regulatory.documents.rendering import render
from regulatory.documents.said import all_said
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.dashboards.tried_version import with_risk_file
from tests.regulatory.gathering import small_store as small

NAME = "chest-radiograph-pneumonia"
OUTLINE = {
    "trace_matrix": ("Coverage", "User needs", "Matrix", "Tests and results",
                     "Risk controls and their verification", "Orphans and gaps", "Waivers"),
    "risk_report": ("Risk management plan and what was done of it", "Hazards, risks and controls",
                    "Residual risks", "Estimated and observed",
                    "Production and post-production information", "Versions of the risk file",
                    "Conclusion of the risk management review"),
    "release_record": ("Version and configuration", "Changes by type", "Verification", "Anomalies",
                       "What stands in the way of a release", "Reproducible build",
                       "Archive and delivery", "Unique device identification",
                       "Decision, approvals and sites", "Notes for users", "Other decisions"),
    "known_anomalies": ("Scope", "Anomalies that are not fixed", "Who decided",
                        "Anomalies that are gone", "Anomalies of software of others",
                        "Why the anomalies that stay may stay"),
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A version not released yet, a risk file in force, a run of tests, two problems."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with_risk_file(opened)
    tags = {"REG-049": ["tests/a.py::test_a"], "REG-060": ["tests/b.py::test_b"],
            "REG-001": ["tests/c.py::test_c"]}  # fmt: skip
    outcomes = {"tests/a.py::test_a": "passed", "tests/b.py::test_b": "failed",
                "tests/c.py::test_c": "passed"}  # fmt: skip
    with opened.transaction("demo.quality", "reported", now=TODAY) as tx:
        tx.add(TestRun(source_digest="ab" * 32, software_version="0.1.0", outcomes=outcomes,
                       tags=tags, imported_by="demo.engineer", imported_at=TODAY))  # fmt: skip
        by = find_actor(tx, "demo.quality")
        tx.add(ProblemReport(model_version_id=1, words="Late on Sundays.", severity="serious",
                             reported_by="ada", reported_at=TODAY))  # fmt: skip
        tx.flush()
        decide_problem(tx, tx.get_one(ProblemReport, 2), "known anomaly", risk_evaluation="rare",
                       rationale="told to users", by=by, password=PASSWORD, now=TODAY)  # fmt: skip
    yield opened
    opened.close()


def made(store: Store, kind: str, name: str = NAME) -> Content:
    with store.reader() as reader:
        return content_now(reader, Request(kind, name), now=TODAY)[1]


def rows(content: Content, caption: str) -> list[tuple[Cell, ...]]:
    (found,) = [
        block for section in content.sections for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    ]
    return list(found.rows)


@pytest.mark.requirement("REG-140", "REG-125")
@pytest.mark.parametrize("kind", OUTLINE)
def test_every_section_is_there_and_software_claims_nothing(store: Store, kind: str) -> None:
    content = made(store, kind)
    assert [one.number for one in content.sections] == [
        str(place) for place in range(1, len(OUTLINE[kind]) + 1)
    ]
    assert tuple(one.title for one in content.sections) == OUTLINE[kind]
    assert forbidden_claims(all_said(content)) == ()
    assert unresolved_citations(content) == ()
    assert made(store, kind) == content, "same facts, same content"
    asked = {one.place for _, one in placed_gaps(content) if one.place}
    assert asked == set(PLACES[kind]), "each place of a person is open, and no other"


@pytest.mark.requirement("REG-048")
def test_the_matrix_goes_from_need_to_result_and_names_what_leads_nowhere(store: Store) -> None:
    content = made(store, "trace_matrix")
    coverage = {one[0].text: one[1] for one in rows(content, "Coverage")}
    shown = coverage["Requirements shown by a test"].text
    assert shown.startswith("2 of "), "the third test shows a requirement that no need names"
    assert coverage["Requirements of which a test passed and none failed"].text.startswith("1 of ")
    assert all(one.records == ("RKF-0001",) for one in coverage.values())
    matrix = {one[0].text: one for one in rows(content, "From need and risk")}
    assert matrix["REG-049"][2].text == "UN-01, UN-02"
    assert matrix["REG-049"][7].text == "1 passed, 0 failed, 0 other"
    assert matrix["REG-060"][7].tone == "bad"
    tests = [tuple(cell.text for cell in one) for one in rows(content, "Every test")]
    assert ("REG-060", "tests/b.py::test_b", "failed") in tests
    controls = {one[0].text: one for one in rows(content, "Risk controls and what")}
    assert controls["RC-01b"][6].text == "chart sensitivity in use: in the monitoring plan"
    assert "criterion AC-2: not judged yet" in controls["RC-01a"][6].text
    back = [one[1].text for one in rows(content, "Backward")]
    assert any(one.startswith("REG-001: ") for one in back)
    assert not any(one.startswith("REG-049: ") for one in back)


@pytest.mark.requirement("REG-101")
def test_the_risk_report_sets_estimate_beside_observation_and_judges_nothing(store: Store) -> None:
    content = made(store, "risk_report")
    risks = {one[0].text: one for one in rows(content, "Each hazard")}
    assert len(risks) == 18 and risks["R-01"][8].text == "occasional: 5 in 100,000; reduce"
    assert risks["R-01"][0].records == ("RSK-0001",)
    rates = {one[0].text: one for one in rows(content, "Each risk: estimate")}
    assert rates["R-01"][2].text == "0.02"
    assert rates["R-01"][4].text == "not estimable" and rates["R-01"][4].estimate is not None
    assert rates["R-01"][7].text == "no study that was read in the period has its truth yet"
    persons = [block.author for section in content.sections for block in section.blocks
               if isinstance(block, HumanText)]  # fmt: skip
    assert persons == ["demo.engineer", "demo.quality"], "the file's judgement, the reviewer's"


@pytest.mark.requirement("REG-100", "REG-101")
def test_a_rate_is_shown_with_counts_interval_and_method_as_the_review_holds_it(
    store: Store,
) -> None:
    row = {
        "code": "R-01", "hazard": "h", "estimate": 0.02, "events": 30, "exposure": 1000,
        "unit": "studies read", "observed": 0.03, "low": 0.0203, "high": 0.0426,
        "method": "exact Poisson", "verdict": "above", "reason": "the whole interval", "beside": [
            {"source": "complaints", "of": ["finding missed"], "events": 2}],
    }  # fmt: skip
    with pytest.raises(ZeroDivisionError), store.transaction("x", "try", now=TODAY) as tx:
        tx.add(RiskReview(
            risk_file_id=1, period_from=TODAY.date(), period_to=TODAY.date(), studies=1000,
            rows=[row], new_hazards=[{"source": "complaints", "kind": "data lost", "events": 1,
                                      "verdict": "new hazard"}],
            conclusion="Look at it.", made_by="ada", made_at=TODAY,
        ))  # fmt: skip
        tx.flush()
        content = content_now(tx, Request("risk_report", NAME), now=TODAY)[1]
        (shown,) = rows(content, "Each risk: estimate")
        assert [one.text for one in shown[2:7]] == [
            "0.02", "30 on 1,000 studies read", "0.03 (0.0203 to 0.0426)", "exact Poisson", "above",
        ]  # fmt: skip
        assert shown[6].tone == "bad" and shown[8].text == "complaints (finding missed): 2"
        assert [one.text for one in rows(content, "New hazards that RRV-0002")[0]] == [
            "complaints", "data lost", "1",
        ]  # fmt: skip
        waiting = {one.missing for _, one in placed_gaps(content)}
        assert "Evaluation of new hazards" in waiting
        assert rows(content, "Earlier reviews")[0][0].text == "RRV-0001"
        raise ZeroDivisionError


@pytest.mark.requirement("REG-096")
def test_anomalies_and_release_say_who_decided_and_what_is_open(store: Store) -> None:
    anomalies = made(store, "known_anomalies")
    listed = {one[0].text: one for one in rows(anomalies, "Anomalies that")}
    assert listed["PRB-0001"][5].text == "open" and listed["PRB-0001"][6].text == "not evaluated"
    assert listed["PRB-0002"][7].text == "told to users"
    assert rows(anomalies, "Signatures")[0][0].text == "PRB-0002"
    release = made(store, "release_record")
    said = {gap.missing: gap.reason for _, gap in placed_gaps(release)}
    assert said["Decision on the release"] == "none is on record for this version"
    assert said["Verdict on each declared acceptance criterion"] == (
        "none is on record: AC-2, AC-3, AC-5"
    )
    assert said["Evaluation of each anomaly before release"].startswith("PRB-0001:")
    (line,) = rows(release, "Found at the data freeze")
    assert "PRB-0001 is open" in line[1].text
    assert [one[2].text for one in rows(release, "Acceptance criteria")] == ["met", "met"]
    assert "0.912 (95 % CI 0.874 to 0.951; n = 300)" in str(rows(release, "Figures"))


def test_a_persons_text_fills_its_place_and_the_document_is_set(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction("x", "try", now=TODAY) as tx:
        write_text(tx, tx.get_one(Device, 1), "known_anomalies", "rationale", "All are rare.",
                   by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip
        content = content_now(tx, Request("known_anomalies", NAME), now=TODAY)[1]
        assert "rationale" not in {one.place for _, one in placed_gaps(content)}
        assert "All are rare." in str(content.sections[-1])
        assert render(content).pdf.startswith(b"%PDF")
        raise ZeroDivisionError


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A device that is defined, and nothing else."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    with opened.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        small.add_device(tx)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", OUTLINE)
def test_a_device_alone_gives_a_document_of_gaps(bare: Store, kind: str) -> None:
    content = made(bare, kind, small.DEVICE)
    assert tuple(one.title for one in content.sections) == OUTLINE[kind]
    first = [block for block in content.sections[0].blocks if isinstance(block, Gap)]
    assert first, "what is missing stands at the top"
