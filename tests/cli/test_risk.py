"""The risk file, the matrix, software of others and problems, from the command line."""

import json
from pathlib import Path

import pytest

from records.cases import Prediction, ReferenceStandard, Study
from records.product import Device, ModelVersion
from records.store import Store
from regulatory.release_evidence import release_gaps
from tests.cli.conftest import Run, run
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate

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
                              deployment_id=1,
                              decision=False, out_of_distribution=0.1, returned_to_care=True,
                              predicted_at=TODAY))  # fmt: skip
            tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia",
                                     present=number < 12, source="consensus",
                                     known_on=TODAY.date(), received_at=TODAY))  # fmt: skip
            # words of a report are no truth that a figure rests on, however late they come
            tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia", present=True,
                                     source="report text", known_on=TODAY.date(),
                                     received_at=TODAY))  # fmt: skip
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


@pytest.mark.requirement("REG-096")
def test_a_problem_is_decided_with_its_risk_and_signed(people: Run, store: Store) -> None:
    def gaps(**asks: str) -> list[str]:
        with store.reader() as reader:
            device, version = reader.get_one(Device, 1), reader.get_one(ModelVersion, 1)
            asking = device.model_copy(update={"definition": device.definition | asks})
            return release_gaps(reader, asking, version)

    assert gaps() == []
    assert "No risk file" in " ".join(gaps(traceability="required"))
    done = people("demo.engineer", "problem", "report", "MDV-0001", "--words", "it stops", *WHY)
    assert "PRB-0001 of MDV-0001 is open" in done.stdout, done.output
    assert "PRB-0001 is open" in gaps()[0]
    step = ("problem", "decide", "PRB-0001", "known anomaly", "--rationale", "rare", *WHY)
    refused = people("demo.quality", *step)
    assert "evaluation of the risk" in refused.stderr
    assert people("demo.quality", *step, "--risk", "none: the site sees it").exit_code == 0
    (shown,) = json.loads(people("demo.quality", "problem", "list", "--json").stdout)
    assert (shown["status"], shown["risk"]) == ("known anomaly", "none: the site sees it")
    assert gaps() == []


@pytest.mark.requirement("REG-104")
def test_decisions_are_given_out_as_vex(people: Run, tmp_path: Path) -> None:
    out = tmp_path / "vex.json"
    words = ("soup", "vex", "--out", out, "--json")
    refused = people("demo.quality", *words)
    assert (refused.exit_code, "No advisory was looked at" in refused.stderr) == (1, True)
    advisory = tmp_path / "csaf.json"
    product = {"product_id": "p", "name": "PyDicom",
               "product_identification_helper": {"purl": "pkg:pypi/pydicom"}}  # fmt: skip
    advisory.write_text(json.dumps({
        "document": {"csaf_version": "2.0", "tracking": {"id": "S-1"}},
        "product_tree": {"branches": [
            {"category": "product_version_range", "name": "vers:pypi/*", "product": product}]},
        "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"known_affected": ["p"]}}],
    }))  # fmt: skip
    done = people("demo.engineer", "soup", "advisories", advisory, *WHY)
    assert "VLN-0001: pydicom" in done.stdout, done.output
    done = people("demo.quality", *words)
    assert json.loads(done.stdout)["bytes"] == out.stat().st_size
    made = json.loads(out.read_text())
    assert made["vulnerabilities"][0]["cve"] == "CVE-2026-1"
    assert made["document"]["publisher"]["contact_details"] == "security@example.com"
