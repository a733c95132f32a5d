"""The page of the profile says what the tables decide, and nothing else."""

from pathlib import Path

from imaging.attribute_table import EDITION, table_rows
from scripts.write_deidentification import PAGE, deidentification_page


def test_the_page_is_what_the_tables_say() -> None:
    assert Path(PAGE).read_text(encoding="utf-8") == deidentification_page()


def test_every_row_of_the_standard_stands_on_the_page() -> None:
    page = deidentification_page()
    assert EDITION in page
    assert all(f"| {row.attribute} | {row.tag} |" in page for row in table_rows())
