"""Tables as files, CSV in UTF-8 or XLSX: the rows that were read, or rows to be written.

A row whose first cell begins with # is a remark.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from records.errors import InvalidInput

CSV, XLSX = "csv", "xlsx"
SEPARATORS: Final = ",;\t"
MOST_BYTES: Final = 20 * 2**20
MOST_ROWS: Final = 20_000
_UNPACKED: Final = 200 * 2**20
"""A workbook that would unpack to more is not opened."""

Rows = list[tuple[int, dict[str, str]]]


def read_rows(
    content: bytes, known: Sequence[str], needed: Sequence[str], *, what: str, hint: str
) -> Rows:
    """The rows of a table, each with its number in the file, cells by column.

    known: the columns that it may have; needed: those that it must have. what: what it is a table
    of, and hint: how to get a right one, for the refusal.

    Raises:
        InvalidInput: No such table, a column that is missing, unknown or there twice, no row, or
            more than can be taken at once.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"The file is larger than {MOST_BYTES >> 20} MiB.",
                           hint="Split it: a row that was taken before changes nothing.")
    packed = content[:4] == b"PK\x03\x04"
    lines = _workbook(content) if packed else _separated(content)
    head: list[str] = next(lines, (0, []))[1]
    while head and not head[-1]:
        head.pop()
    _check_head(head, known, needed, f"This is no table of {what}.", hint)
    rows: Rows = []
    for number, cells in lines:
        if not any(cells) or cells[0].startswith("#"):
            continue
        if any(cells[len(head):]):
            raise InvalidInput(f"Row {number} has more cells than the table has columns.",
                               hint="A text that holds the separator stands in quotes.")
        rows.append((number, dict(zip(head, cells, strict=False))))
        if len(rows) > MOST_ROWS:
            raise InvalidInput(f"The table has more than {MOST_ROWS} rows.", hint="Split it.")
    if not rows:
        raise InvalidInput("The table has no row.", hint="Rows that begin with # are remarks.")
    return rows


def write_rows(title: str, rows: Sequence[Sequence[str]], form: str, *, what: str) -> bytes:
    """A table in its form; the first row is its columns.

    Raises:
        InvalidInput: The form is neither csv nor xlsx.
    """
    if form == CSV:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode("utf-8-sig")
    if form == XLSX:
        return _as_workbook(title, rows)
    raise InvalidInput(f"A table of {what} is .csv or .xlsx.", hint="End the file's name so.")


def _as_workbook(title: str, rows: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title[:31]
    for row in rows:
        sheet.append(list(row))
    for line in sheet.iter_rows():
        for cell in line:
            cell.number_format = "@"
            cell.data_type = "s" if cell.value is not None else cell.data_type
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 24
    sheet.freeze_panes = "B2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _separated(content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InvalidInput("The file is neither XLSX nor CSV in UTF-8.",
                           hint="Save it as one of these.") from wrong  # fmt: skip
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)

    def lines() -> Iterable[tuple[int, list[str]]]:
        try:
            for cells in reader:
                yield reader.line_num, [one.strip() for one in cells]
        except csv.Error as wrong:
            raise InvalidInput(f"Line {reader.line_num} is no line of a CSV file.",
                               hint="Look for a quote that is not closed.") from wrong  # fmt: skip

    return iter(lines())


def _workbook(content: bytes) -> Any:
    from openpyxl import load_workbook

    refused = InvalidInput("The file is no XLSX workbook that can be read.",
                           hint="Save it as XLSX without a password, or as CSV.")  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > _UNPACKED:
                raise refused
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        found = [
            (number, [_cell_text(value) for value in row])
            for number, row in zip(
                range(1, 2 * MOST_ROWS), sheet.iter_rows(values_only=True), strict=False
            )
        ]
    except InvalidInput:
        raise
    except Exception as wrong:  # whatever a broken workbook makes the library raise
        raise refused from wrong
    return iter(found)


def _cell_text(value: Any) -> str:
    """A cell as it would be typed: a spreadsheet keeps days, truths and numbers as such."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _check_head(
    head: Sequence[str], known: Sequence[str], needed: Sequence[str], refusal: str, hint: str
) -> None:
    lacking = [one for one in needed if one not in head]
    strange = sum(one not in known for one in head)
    twice = sorted({one for one in head if one in known and head.count(one) > 1})
    if not (lacking or strange or twice):
        return
    said = [f"It lacks {', '.join(lacking)}."] if lacking else []
    said += [f"{strange} of its columns are no columns of this kind."] if strange else []
    said += [f"There twice: {', '.join(twice)}."] if twice else []
    raise InvalidInput(f"{refusal} {' '.join(said)}",
                       hint=f"Columns: {', '.join(known)}. {hint}")  # fmt: skip
