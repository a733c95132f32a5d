"""Write docs/dicom-conformance.md: python scripts/write_conformance.py"""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "dicom-conformance.md"


def conformance_page() -> str:
    """The whole page, from the node's negotiation table."""
    from imaging.node.conformance import conformance_statement
    from records.audit import SOFTWARE

    return conformance_statement(SOFTWARE)


if __name__ == "__main__":
    PAGE.write_text(conformance_page(), encoding="utf-8")
