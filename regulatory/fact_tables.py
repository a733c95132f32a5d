"""Facts as tables, CSV in UTF-8 or XLSX: read, and written as a template or as what stands.

A row whose first cell begins with # is a remark: the template explains itself with two of them.
"""

from collections.abc import Iterable, Sequence

from records.fact_cells import written
from records.facts import Column, Fact, columns_of
from regulatory.table_files import Rows, read_rows, write_rows


def read_fact_rows(content: bytes, table: type[Fact]) -> Rows:
    """The rows of a table of facts, each with its number in the file, cells by column.

    Raises:
        InvalidInput: No such table, a column that is missing, unknown or there twice, no row, or
            more than can be taken at once.
    """
    columns = columns_of(table)
    return read_rows(
        content, [one.name for one in columns], [one.name for one in columns if one.needed],
        what=f"kind {table.KIND}", hint=f"'radvigil fact template {table.KIND}' writes them.",
    )


def fact_template(table: type[Fact], form: str) -> bytes:
    """An empty table: the columns, then two remarks, what is written there and an example.

    Raises:
        InvalidInput: The form is neither csv nor xlsx.
    """
    columns = columns_of(table)
    words = [_explained(one) for one in columns]
    example = [one.example for one in columns]
    return _table(table, [["# " + words[0], *words[1:]], ["# " + example[0], *example[1:]]], form)


def facts_as_table(table: type[Fact], facts: Iterable[Fact], form: str) -> bytes:
    """What stands, as a table that can be read again.

    Raises:
        InvalidInput: The form is neither csv nor xlsx.
    """
    names = [one.name for one in columns_of(table)]
    return _table(table, [[written(getattr(one, name)) for name in names] for one in facts], form)


def _explained(column: Column) -> str:
    forms = {"day": "as 2026-06-30", "count": "whole number", "number": "number with a point",
             "yes-no": "yes or no", "labels": "labels such as EVA-0001, blanks between",
             "counts": "what: how many; what: how many"}  # fmt: skip
    parts = [column.words]
    if column.choices:
        parts.append(f"one of: {'; '.join(column.choices)}")
    elif column.pattern_in_words:
        parts.append(column.pattern_in_words)
    elif column.form in forms:
        parts.append(forms[column.form])
    return ". ".join([*parts, "needed" if column.needed else "may be empty"])


def _table(table: type[Fact], rows: Sequence[Sequence[str]], form: str) -> bytes:
    head = [one.name for one in columns_of(table)]
    return write_rows(table.KIND, [head, *rows], form, what="facts")
