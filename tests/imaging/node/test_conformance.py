"""The conformance statement claims what the node negotiates, and nothing else."""

from pathlib import Path

from imaging.node.negotiation import (
    FIND_STUDIES,
    NOTES,
    RESULT_SYNTAXES,
    RESULTS,
    STORAGE,
    TRANSFER_SYNTAXES,
    WORKLISTS,
)
from scripts.write_conformance import PAGE, conformance_page


def test_the_page_is_what_the_program_says() -> None:
    assert Path(PAGE).read_text() == conformance_page()


def test_every_class_and_syntax_that_is_negotiated_is_claimed() -> None:
    page = conformance_page()
    claimed = (*STORAGE, *NOTES, *TRANSFER_SYNTAXES, *RESULTS, *RESULT_SYNTAXES, FIND_STUDIES,
               *WORKLISTS, *RESULT_SYNTAXES)  # fmt: skip
    assert all(f"`{one}`" in page for one in claimed)
    assert page.count("| `1.2.840") == len(claimed)
