"""Print the SQL that makes the program's database role: python scripts/postgresql_role.py NAME"""

import sys

from records.postgresql_role import role_statements

if __name__ == "__main__":
    print("".join(f"{statement};\n" for statement in role_statements(sys.argv[1])), end="")
