"""A table from another system: a CSV file in UTF-8 whose columns are known, row by row."""

import csv
import io
from collections.abc import Sequence

from records.errors import InvalidInput

Rows = Sequence[tuple[int, dict[str, str]]]
"""Each row with the line on which it ends."""


def read_table(content: bytes, *, needed: Sequence[str], others: Sequence[str]) -> Rows:
    """The rows of a CSV file in UTF-8, each with the line on which it ends.

    Raises:
        InvalidInput: No UTF-8, a column that is missing or unknown, or no row.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise InvalidInput(f"The file is no table in UTF-8: {wrong}.") from wrong
    names = list(reader.fieldnames or [])
    lacking = [name for name in needed if name not in names]
    strange = [name for name in names if name not in (*needed, *others)]
    if lacking or strange or len(set(names)) < len(names):
        raise InvalidInput(
            f"The table lacks {', '.join(lacking) or 'nothing'}, has unknown or repeated columns: "
            f"{', '.join(strange) or 'none'}.",
            hint=f"Columns: {'; and '.join(', '.join(each) for each in (needed, others) if each)}.",
        )
    if not rows:
        raise InvalidInput("The table has no row.")
    return rows
