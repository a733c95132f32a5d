"""The statements that make the database role, before any database sees them."""

import pytest
from sqlmodel import SQLModel

from records.append_only import NEVER_CHANGED
from records.errors import InvalidInput
from records.postgresql_role import role_statements


@pytest.mark.requirement("REG-012")
def test_every_table_is_granted_and_none_to_delete_from() -> None:
    grants = [one for one in role_statements("app") if one.startswith("GRANT")]
    for table in SQLModel.metadata.tables:
        (rights,) = {
            one.split(" ON ")[0].removeprefix("GRANT ") for one in grants
            if one.split(" ON ")[1].split(" TO ")[0].strip('"') == table
        }  # fmt: skip
        assert rights in ("SELECT, INSERT", "SELECT, INSERT, UPDATE")
        assert ("UPDATE" in rights) == (table not in NEVER_CHANGED)


@pytest.mark.parametrize("name", ["", "Robert'; DROP TABLE site", "pg_write_all_data", "1st"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a role"):
        role_statements(name)
