"""All code is loaded before the first page: two sessions never import the same library at once."""

import os
import subprocess
import sys

from records.quiet import QUIET
from records.settings import REPOSITORY, Workspace

# In a process of its own, as other tests have loaded modules here. Prints what came late.
VISITS = """
import sys
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

app = AppTest.from_file("dashboards/app.py", default_timeout=60).run()
assert not app.exception, app.exception
before = set(sys.modules)
app.button(key="enter-demo.regulatory").click().run()
for page in ("overview", "drift-and-alerts", "keeping", "documents", "audit-trail",
             "pending-changes", "validations", "truth-kinds", "revalidations",
             "capas", "incidents", "risks", "rollouts"):
    app._page_hash = calc_hash(page)
    app.run()
    assert not app.exception, app.exception
    if page == "documents":
        app.query_params["part"] = "files"
        app.run()
        labels = [one.proto.label for one in app.get("download_button")]
        assert {"Download PDF", "Download JSON"} <= set(labels)
late = set(sys.modules) - before
print(sorted(one for one in late if one.split(".")[0] in {
    "pydicom", "sqlalchemy", "sqlmodel", "numpy", "scipy", "pandas",
    "dashboards", "journeys", "imaging", "models", "monitoring", "regulatory", "records",
    "measures",
}))
"""


def test_no_page_imports_late_what_another_session_may_be_importing(
    populated: Workspace,
) -> None:
    environment = {**os.environ, **QUIET, "RADVIGIL_HOME": str(populated.home)}
    environment.pop("RADVIGIL_DATABASE_URL", None)
    told = subprocess.run(
        [sys.executable, "-c", VISITS], cwd=REPOSITORY, env=environment, capture_output=True,
        text=True, check=False, timeout=120,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert told.stdout.strip() == "[]"
