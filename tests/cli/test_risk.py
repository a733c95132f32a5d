"""The risk file, the matrix, software of others and problems, from the command line."""

import json
from pathlib import Path

import pytest

from records.cases import Prediction, ReferenceStandard, Study
from records.store import Store
from tests.cli.conftest import Run, run
from tests.dashboards.conftest import PASSWORD, TODAY, populate

__all__ = ["run"]

WHY = ("--reason", "the yearly review")
DEVICE = "chest-radiograph-pneumonia"


@pytest.fixture
def people(run: Run, store: Store) -> Run:
    """Call a verb as one of the people of a workspace that ran for a month."""
    populate(store)
    home = store.workspace.home

    def call(name: str, *words: str | Path) -> object:
        assert run("--home", home, "user", "login", name, password=PASSWORD).exit_code == 0
        return run("--home", home, *words, password=PASSWORD)

    return call


def in_force(people: Run) -> None:
    """The shipped risk file, signed by two people and put into force."""
    for name, *words in (
        ("demo.engineer", "import", DEVICE),
        ("demo.quality", "sign", "RKF-0001"),
        ("demo.regulatory", "sign", "RKF-0001"),
        ("demo.quality", "accept", "RKF-0001"),
    ):
        done = people(name, "risk", *words, *WHY)
        assert done.exit_code == 0, done.output


@pytest.mark.requirement("REG-100", "REG-101")
def test_a_period_is_compared_with_the_estimates_and_signed(people: Run, store: Store) -> None:
    done = people("demo.engineer", "risk", "import", DEVICE, *WHY)
    assert "18 items" in done.stdout, done.output
    refused = people("demo.quality", "risk", "accept", "RKF-0001", *WHY)
    assert (refused.exit_code, "two people in different roles" in refused.stderr) == (1, True)
    for name in ("demo.quality", "demo.regulatory"):
        assert people(name, "risk", "sign", "RKF-0001", *WHY).exit_code == 0
    assert people("demo.quality", "risk", "accept", "RKF-0001", *WHY).exit_code == 0
    again = people("demo.engineer", "risk", "import", DEVICE, *WHY)
    assert (again.exit_code, "says what RKF-0001 says" in again.stderr) == (2, True)

    with store.transaction("setup", "setup", now=TODAY) as tx:
        for number in range(40):
            study = Study(study_uid=f"2.25.77{number}", patient=f"Q{number}", site_id=1,
                          purpose="clinical", arrived_on=TODAY.date(), received_at=TODAY, rows=64,
                          columns=64)  # fmt: skip
            tx.add(study)
            tx.flush()
            tx.add(Prediction(study_id=study.id or 0, model_version_id=1, score=0.1,
                              decision=False, out_of_distribution=0.1, returned_to_care=True,
                              predicted_at=TODAY))  # fmt: skip
            tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia",
                                     present=number < 12, source="consensus",
                                     known_on=TODAY.date(), received_at=TODAY))  # fmt: skip
    done = people("demo.engineer", "risk", "review", "--from", "2026-03-06", "--to", "2026-03-06",
                  "--conclusion", "more misses than estimated", "--json", *WHY)  # fmt: skip
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    rows = {row["code"]: row for row in made["rows"]}
    missed = rows["R-01"]
    assert (missed["events"], missed["exposure"], missed["verdict"]) == (12, 40, "above")
    assert missed["low"] == pytest.approx(0.1656, abs=1e-3)  # Clopper-Pearson 12 of 40
    assert rows["R-07"]["verdict"] == "not estimable"
    assert "no records" in rows["R-07"]["reason"]
    assert rows["R-05"]["reason"] == "no reader answered a result in the period"
    (kept,) = json.loads(people("demo.quality", "risk", "reviews", "--json").stdout)
    assert (kept["above"], kept["signed"]) == (1, ["Demo Engineer"])


@pytest.mark.requirement("REG-048")
def test_a_lost_test_leaves_its_requirement_uncovered(people: Run, tmp_path: Path) -> None:
    in_force(people)
    assert "no results of tests" in people("demo.quality", "trace", "gaps").stdout
    tests = tmp_path / "tests"
    tests.mkdir()
    mark = "import pytest\n@pytest.mark.requirement({})\ndef test_{}(): ...\n"
    (tests / "test_a.py").write_text(mark.format('"REG-045"', "a"))
    (tests / "test_b.py").write_text(mark.format('"REG-047"', "b"))
    report = tmp_path / "run.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.test_a" name="test_a[1]"/>'
        '<testcase classname="tests.test_b" name="test_b"><failure/></testcase>'
        "</testsuite></testsuites>"
    )
    words = ("trace", "results", report, "--root", tmp_path, *WHY)
    assert people("demo.engineer", *words).exit_code == 0
    gaps = people("demo.engineer", "trace", "gaps")
    assert gaps.exit_code == 1
    assert "REG-045" not in gaps.stdout
    assert "REG-047: tests/test_b.py::test_b failed" in gaps.stdout
    assert "REG-049 is covered by no test" in gaps.stdout
    (tests / "test_a.py").write_text("def test_a(): ...\n")
    assert people("demo.engineer", *words).exit_code == 0
    assert "REG-045 is covered by no test" in people("demo.engineer", "trace", "gaps").stdout
    row = next(one for one in json.loads(people("demo.quality", "trace", "matrix", "--json").stdout)
               if one["requirement"] == "REG-047")  # fmt: skip
    assert (row["user_needs"], row["risks"]) == (["UN-04"], ["R-07"])


@pytest.mark.requirement("REG-103", "REG-104")
def test_an_advisory_becomes_a_signed_decision_inside_the_bill_of_materials(
    people: Run, tmp_path: Path
) -> None:
    advisory = tmp_path / "osv.json"
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}]
    advisory.write_text(json.dumps({
        "id": "GHSA-test", "summary": "a long line stops it",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "PyDicom"}, "ranges": ranges}],
    }))  # fmt: skip
    done = people("demo.engineer", "soup", "advisories", advisory, *WHY)
    assert "VLN-0001: pydicom" in done.stdout, done.output
    again = people("demo.engineer", "soup", "advisories", advisory, *WHY)
    assert "Nothing new" in again.stdout
    step = ("soup", "decide", "VLN-0001", "not affected", "--words", "never called", *WHY)
    refused = people("demo.quality", *step)
    assert "code_not_reachable" in refused.stderr
    done = people("demo.quality", *step, "--justification", "code_not_reachable")
    assert done.exit_code == 0, done.output

    first, second = tmp_path / "1.json", tmp_path / "2.json"
    for out in (first, second):
        done = people("demo.quality", "model", "sbom", "MDV-0001", "--out", out)
        assert done.exit_code == 0, done.output
    assert first.read_bytes() == second.read_bytes()
    made = json.loads(first.read_text())
    (statement,) = made["vulnerabilities"]
    assert statement["analysis"] == {
        "state": "not_affected", "justification": "code_not_reachable", "detail": "never called",
    }
    (model,) = [one for one in made["components"] if one["type"] == "machine-learning-model"]
    assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0] == {
        "type": "auc", "slice": "internal_test, all, n = 300", "value": "0.912",
        "confidenceInterval": {"lowerBound": "0.874", "upperBound": "0.951"},
    }


@pytest.mark.requirement("REG-096")
def test_a_problem_is_decided_with_its_risk_and_signed(people: Run) -> None:
    done = people("demo.engineer", "problem", "report", "MDV-0001", "--words", "it stops", *WHY)
    assert "PRB-0001 of MDV-0001 is open" in done.stdout, done.output
    step = ("problem", "decide", "PRB-0001", "known anomaly", "--rationale", "rare", *WHY)
    refused = people("demo.quality", *step)
    assert "evaluation of the risk" in refused.stderr
    assert people("demo.quality", *step, "--risk", "none: the site sees it").exit_code == 0
    (shown,) = json.loads(people("demo.quality", "problem", "list", "--json").stdout)
    assert (shown["status"], shown["risk"]) == ("known anomaly", "none: the site sees it")
