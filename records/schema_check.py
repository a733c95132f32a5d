"""Are the tables, columns, constraints and indexes those of the program, and no others?

A table beside ours may hold what no trail knows; a dropped UNIQUE lets a number be given twice; a
column made NULL-able or compared without case reads otherwise. SQLite tells its schema as text,
PostgreSQL in catalogues: both are brought into the form that SQLAlchemy writes, and compared.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from sqlalchemy import Dialect, Table, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import Session, SQLModel

import records.tables  # noqa: F401  (knows every table)
from records.base import plain

Definitions = dict[str, set[str]]
"""By the name of a table: its columns, constraints and indexes, and what else it is."""

VERSION_TABLE = "alembic_version"
_VERSION = {"version_num VARCHAR(32) NOT NULL", "PRIMARY KEY(version_num)"}

_DIALECTS: dict[str, type[Dialect]] = {"sqlite": SQLiteDialect, "postgresql": PGDialect}
_CONSTRAINTS = ("PRIMARY KEY", "FOREIGN KEY", "UNIQUE(", "CHECK(", "CHECK ", "EXCLUDE")
_INDEXES = ("INDEX ", "UNIQUE INDEX ")


def schema_faults(reader: Session, version: str) -> list[str]:
    """A sentence for each table, column, constraint or index that is missing, added or altered.

    version: the migration that the database must stand at, and nothing beside it.
    """
    dialect = reader.get_bind().dialect.name
    try:
        found = _of_sqlite(reader) if dialect == "sqlite" else _of_postgresql(reader)
        stands = set(reader.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars())  # noqa: S608
    except (DBAPIError, ValueError) as failed:
        reader.rollback()
        return [f"the database's schema cannot be read: {plain(str(getattr(failed, 'orig', '')))}"]
    faults = list(_differences(_wanted(dialect), found))
    if stands != {version}:
        faults.append(f"the table {VERSION_TABLE} says {sorted(map(str, stands))}, not '{version}'")
    return faults


def _differences(wanted: Definitions, found: Definitions) -> Iterator[str]:
    for table in sorted({*wanted, *found}):
        if table not in found:
            yield f"the table {table} is missing"
        elif table not in wanted:
            kind = "view" if "+ view" in found[table] else "table"
            yield f"the {kind} {table} was added to the database"
        else:
            yield from _differences_of(table, wanted[table], found[table])


def _differences_of(table: str, wanted: set[str], found: set[str]) -> Iterator[str]:
    gone = {_part(one): one for one in wanted - found}
    new = {_part(one): one for one in found - wanted}
    for part in sorted({*gone, *new}):
        if part not in new:
            yield f"the {part} of the table {table} is missing"
        elif part not in gone:
            yield f"the {part} was added to the table {table}"
        else:
            yield f"the {part} of the table {table} was altered: {new[part]}, not {gone[part]}"


def _part(definition: str) -> str:
    """What a definition defines, in words."""
    if definition.startswith(_INDEXES):
        return f"index {definition.split('INDEX ')[1].split(' ')[0]}"
    if definition.startswith(_CONSTRAINTS):
        return f"constraint {definition}"
    if definition.startswith("+ "):
        return f"property{definition[1:]}"
    return f"column {definition.split(' ')[0]}"


@cache
def _wanted(dialect: str) -> Definitions:
    """The schema of the code, which does not change while it runs. Read only."""
    tables = SQLModel.metadata.tables
    return {name: set(_written(table, dialect)) for name, table in tables.items()} | {
        VERSION_TABLE: _VERSION
    }


def _written(table: Table, name: str) -> Iterator[str]:
    dialect: Dialect = _DIALECTS[name]()
    yield from _parts(str(CreateTable(table).compile(dialect=dialect)))
    for index in table.indexes:
        yield _index(str(CreateIndex(index).compile(dialect=dialect)))


def _of_sqlite(reader: Session) -> Definitions:
    found: Definitions = defaultdict(set)
    rows = reader.execute(
        text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'trigger'")
    ).all()
    for kind, name, table, written in rows:
        if kind == "index" and written is not None:
            found[str(table)].add(_index(str(written)))
        elif kind != "index" and not str(name).startswith("sqlite_"):  # its own statistics
            found[str(name)].update(_parts(str(written)) if kind == "table" else {f"+ {kind}"})
    return found


def _parts(create_table: str) -> Iterator[str]:
    """Each column and constraint of a CREATE TABLE, in one form; what follows it, with a '+'."""
    inner, depth, quote, begin = create_table.find("(") + 1, 1, "", 0
    begin = inner
    for place in range(inner, len(create_table)):
        letter = create_table[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        if not quote and (depth == 0 or (depth == 1 and letter == ",")):
            yield from _in_one_form(create_table[begin:place])
            begin = place + 1
        if depth == 0:
            break
    rest = create_table[begin:].strip()
    if rest or depth:
        yield f"+ {rest}"


def _in_one_form(definition: str) -> Iterator[str]:
    """A column or constraint: without the name of a constraint and without a default, which
    only counts where a migration adds a column; an inline reference stands as its constraint."""
    words = re.sub(r"^CONSTRAINT \S+ ", "", _closed(definition))
    words = re.sub(r" DEFAULT (\((?:[^()]|\([^()]*\))*\)|'(?:[^']|'')*'|\S+)", "", words)
    column, reference, target = words.partition(" REFERENCES ")
    if reference and not words.startswith("FOREIGN KEY"):
        yield column
        yield f"FOREIGN KEY({column.split(' ')[0]}) REFERENCES {target}"
    else:
        yield words


def _index(create_index: str) -> str:
    words = re.sub(r" ON (?:ONLY )?(?:\w+\.)?(\w+)", r" ON \1", _closed(create_index))
    return words.removeprefix("CREATE ").replace(" USING btree", "")


def _closed(words: str) -> str:
    """One space at most, none before a bracket, no quotes."""
    return re.sub(r"\s*\(\s*", "(", re.sub(r"\s+", " ", words.replace('"', ""))).strip()


_TYPES = {
    "character varying": "VARCHAR", "double precision": "FLOAT", "integer": "INTEGER",
    "bigint": "BIGINT", "text": "TEXT", "json": "JSON", "boolean": "BOOLEAN", "date": "DATE",
    "timestamp without time zone": "TIMESTAMP WITHOUT TIME ZONE",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip

_RELATIONS = """
SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relhasrules,
       c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (inhrelid, inhparent))
FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
_COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attgenerated <> '' OR a.attidentity <> '' OR a.attcollation <> t.typcollation,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
  AND c.relnamespace = current_schema()::regnamespace
"""
_CONSTRAINED = """
SELECT n.conrelid, pg_get_constraintdef(n.oid) FROM pg_constraint n
JOIN pg_class c ON c.oid = n.conrelid
WHERE n.contype <> 'n' AND n.contype <> 't'
  AND c.relnamespace = current_schema()::regnamespace
"""
_INDEXED = """
SELECT i.indrelid, pg_get_indexdef(i.indexrelid), i.indisvalid AND i.indisready AND i.indislive
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint n
                  WHERE n.conindid = i.indexrelid AND n.conrelid = i.indrelid)
"""
_SILENCED = """
SELECT DISTINCT t.tgrelid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')
  AND c.relnamespace = current_schema()::regnamespace
"""


def _of_postgresql(reader: Session) -> Definitions:
    names: dict[int, str] = {}
    found: Definitions = {}
    for oid, name, kind, persistence, secured, ruled, inherits in reader.execute(text(_RELATIONS)):
        names[oid] = str(name)
        kind = _letter(kind)
        properties = {
            "unlogged": _letter(persistence) != "p", "row security": secured,
            "rules": ruled, "inheritance": inherits, "view": kind in "vm",
            "no plain table": kind in "pf",
        }  # fmt: skip
        found[str(name)] = {f"+ {one}" for one, holds in properties.items() if holds}
    for oid, *column in reader.execute(text(_COLUMNS)):
        if oid in names:  # not of an extension
            found[names[oid]].add(_column(names[oid], *column))
    for oid, definition in reader.execute(text(_CONSTRAINED)):
        if oid in names:
            found[names[oid]].add(_closed(str(definition)))
    for oid, definition, works in reader.execute(text(_INDEXED)):
        if oid in names:
            words = "" if works else " that does not work"
            found[names[oid]].add(_index(str(definition)) + words)
    for (oid,) in reader.execute(text(_SILENCED)):
        found[names[oid]].add("+ constraints that are switched off")
    return found


def _column(
    table: str, name: str, kind: str, required: bool, special: bool, default: str | None
) -> str:
    """A column as SQLAlchemy writes it: its number is a SERIAL, drawn from its own sequence."""
    bare, bracket, size = str(kind).partition("(")
    words = _TYPES.get(bare, bare) + bracket + size
    if name == "id" and words == "INTEGER" and default == f"nextval('{table}_id_seq'::regclass)":
        words = "SERIAL"
    parts: Iterable[str] = (
        name, words, "NOT NULL" if required else "", "otherwise generated or compared"
        if special else "",
    )  # fmt: skip
    return " ".join(filter(None, parts))


def _letter(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
