"""Write docs/deidentification.md: python scripts/write_deidentification.py"""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "deidentification.md"


def deidentification_page() -> str:
    """The whole page, from the tables that decide."""
    from imaging.profile_page import profile_page

    return profile_page()


if __name__ == "__main__":
    PAGE.write_text(deidentification_page(), encoding="utf-8")
