"""``radvigil fact``: a template is filled and imported; what stands is listed and corrected."""

import json
from pathlib import Path

import pytest

from records.product import Device
from records.settings import Workspace
from records.store import open_store
from tests.cli.conftest import Run
from tests.conftest import NOW

WHY = ("--reason", "quarterly")


@pytest.fixture
def run_fact(run_as: Run, workspace: Workspace) -> Run:
    store = open_store(workspace, url="")
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="0" * 64, defined_at=NOW))  # fmt: skip
    store.close()
    return lambda *words: run_as("fact", *words)


def test_a_table_is_written_filled_imported_listed_and_corrected(
    run_fact: Run, tmp_path: Path
) -> None:
    empty = tmp_path / "sales.csv"
    assert run_fact("template", "sales", "--out", empty).exit_code == 0
    lines = empty.read_text(encoding="utf-8-sig").splitlines()
    empty.write_text("\n".join([*lines, "a,2024-07-01,2025-06-30,DE,licences,x,contracts,"]))
    wrong = run_fact("import", "sales", empty, *WHY)
    assert wrong.exit_code == 2
    assert "row 4, column number: Write a whole number" in wrong.output
    assert "row 4, column source: It is empty" in wrong.output
    empty.write_text("\n".join([*lines, "a,2024-07-01,2025-06-30,DE,licences,3,contracts,ledger"]))
    assert "1 new, 0 corrected, 0 on record already." in run_fact(
        "import", "sales", empty, *WHY).output  # fmt: skip
    assert "0 new, 0 corrected, 1 on record already." in run_fact(
        "import", "sales", empty, *WHY).output  # fmt: skip
    (row,) = json.loads(run_fact("list", "sales", "--json").stdout)
    assert (row["fact"], row["number"], row["region"]) == ("SAL-0001", 3, "DE")
    done = run_fact("correct", "SAL-0001", "--say", "number=4", "--reason", "recount")
    assert "SAL-0002 (a, version 2) is recorded; SAL-0001 stays on record." in done.output
    shown = json.loads(run_fact("show", "SAL-0002", "--json").stdout)
    assert [one.split(":")[0] for one in shown["versions"]] == ["SAL-0001", "SAL-0002"]
    assert "recount" in shown["versions"][1]
    out = tmp_path / "standing.xlsx"
    assert run_fact("list", "sales", "--out", out).exit_code == 0
    assert "1 on record already" in run_fact("import", "sales", out, *WHY).output
    gone = run_fact("withdraw", "SAL-0002", "--reason", "twice")
    assert "SAL-0003 (a, version 3) is withdrawn" in gone.output
    rows = {one["kind"]: one for one in json.loads(run_fact("list", "--json").stdout)}
    assert (rows["sales"]["standing"], rows["sales"]["newest"]) == (0, "SAL-0003")
    assert rows["claim"]["newest"] == ""


def test_one_fact_is_said_and_what_is_missing_is_told(run_fact: Run) -> None:
    said = [part for one in (
        "key=maker", "role=manufacturer", "name=Example Imaging", "country=DE",
        "registration=DE-MF-000000000", "source=register",
    ) for part in ("--say", one)]  # fmt: skip
    assert "ORG-0001 (maker, version 1) is recorded." in run_fact(
        "add", "organisation", *said, *WHY).output  # fmt: skip
    assert "is on record already." in run_fact("add", "organisation", *said, *WHY).output
    missing = json.loads(run_fact("missing", "--json").stdout)
    assert {"kind": "organisation", "missing": "No contact is recorded."} in missing
    assert not any("No manufacturer" in one["missing"] for one in missing)
    for words, told in (
        (("add", "organisation", "--say", "role", *WHY), "of the form column=text"),
        (("add", "organisation", "--say", "a=1", "--say", "a=2", *WHY), "is there twice"),
        (("add", "organisation", "--say", "rolle=x", *WHY), "has no column rolle"),
        (("add", "organisations", *WHY), "is no kind of fact"),
        (("template", "sales", "--out", "sales.ods"), "is .csv or .xlsx"),
        (("import", "sales", "none.csv", *WHY), "none.csv cannot be read"),
        (("show", "XYZ-1"), "is no label of a fact"),
        (("list", "--out", "all.csv"), "the facts of one kind"),
        (("missing", "--until", "0001-01-01"), "is no day on which a period ends"),
        (("missing", "--since", "2026-01-02", "--until", "2026-01-01"), "before it begins"),
    ):
        refused = run_fact(*words)
        assert refused.exit_code == 2, refused.output
        assert told in refused.output


def test_the_kinds_are_listed_with_their_columns(run_fact: Run) -> None:
    kinds = {one["kind"]: one for one in json.loads(run_fact("kinds", "--json").stdout)}
    assert kinds["sales"]["columns"][:3] == ["key", "since", "until"]
    assert kinds["pmcf-activity"]["code"] == "PMCF"
