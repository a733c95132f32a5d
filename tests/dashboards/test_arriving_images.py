"""The tab of image checks quotes the recorded checks and flags, escaped."""

from datetime import UTC, date, datetime

from records.cases import GateResult, Instance, Study
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import SITES

NOW = datetime(2026, 3, 6, 8, tzinfo=UTC)
RULE = {
    "expectation": "expect_column_values_to_be_in_set", "column": "sex", "passed": False,
    "severity": "critical", "n": 9, "unexpected_count": 3, "unexpected_index": [0],
    "unexpected_records": ["INS-0001"], "observed": None, "error": "",
    "limits": {"value_set": ["F", "M", "<b>"]},
}  # fmt: skip
FLAG = {"check": "polarity", "found": -0.31, "at_least": 0.0, "at_most": None, "allowed": []}


def test_without_any_check_the_tab_says_so(visit: Visit) -> None:
    app = visit("demo.quality", "data-quality")
    app.session_state["quality-tabs"] = "Acceptance checks"
    words = text_of(app.run())
    assert not app.exception
    assert "Nothing was checked yet" in words
    assert "No image broke a check" in words


def test_offending_records_and_flags_are_listed(visit: Visit, records: Store) -> None:
    with records.transaction("service:intake", "take in", now=NOW) as tx:
        tx.add(
            GateResult(suite="batch", suite_digest="ab" * 32, scope="clinical arrivals", n=9,
                       passed=False, expectations=[RULE], checked_at=NOW)
        )
        study = Study(study_uid="2.25.1", patient="P1", site_id=1, purpose="clinical", rows=9,
                      columns=9, arrived_on=date(2026, 3, 6), received_at=NOW)
        tx.add(study)
        tx.flush()
        assert study.id is not None
        quality = dict.fromkeys(
            ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
        )
        for number in (1, 2):
            tx.add(
                Instance(study_id=study.id, instance_uid=f"2.25.1.{number}", digest="c" * 64,
                         source_digest=f"d{number}", deidentification={}, **quality,
                         flags=[FLAG] if number == 1 else [])
            )
    app = visit("demo.quality", "data-quality")
    app.session_state["quality-tabs"] = "Acceptance checks"
    words = text_of(app.run())
    assert not app.exception
    for expected in ("GTE-0001", "not passed", "allowed values", "INS-0001 and 2 more",
                     "F, M, &lt;b&gt;", "polarity -0.31, at least 0", SITES[0],
                     "<td>1</td><td>2</td>"):
        assert expected in words, expected
    labels = [str(one.proto.label) for one in app.get("download_button")]
    assert [one for one in labels if one != "CSV"] == ["Take this check along"]
