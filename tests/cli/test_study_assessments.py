"""``radvigil study assessments``: what became of a table is counted, and a wrong one is refused."""

from pathlib import Path

from records.settings import Workspace
from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import populate

HEAD = "study,reader,present,saw_output,read_on\n"


def test_a_table_is_counted_and_a_wrong_one_names_its_lines(
    run: Run, store: Store, workspace: Workspace, tmp_path: Path
) -> None:
    populate(store)
    store.close()
    table = tmp_path / "readings.csv"
    table.write_text(HEAD + "STU-0404,R07,1,0,2026-02-14\n")
    done = run("--home", workspace.home, "study", "assessments", table)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("0 readings recorded, 0 known before, 1 of studies that were not")
    table.write_text(HEAD + "STU-0404,Eva Zwetschkenbaum,1,0,2026-02-14\n")
    refused = run("--home", workspace.home, "study", "assessments", table)
    assert refused.exit_code == 2
    assert "line 2, column reader: no code such as R07" in refused.output
    assert "Zwetschkenbaum" not in refused.output
    missing = run("--home", workspace.home, "study", "assessments", tmp_path / "none.csv")
    assert missing.exit_code == 2
