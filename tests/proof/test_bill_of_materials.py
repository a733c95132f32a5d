"""An advisory, what was decided on it, and the bill of materials that says so, by its schema."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.cli.test_risk import WHY, people

__all__ = ["people", "run"]


@pytest.mark.proof
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
