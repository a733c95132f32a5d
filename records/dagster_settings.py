"""Dagster's own settings inside the workspace, so that its page starts quiet with one command."""

from pathlib import Path

SETTINGS = """\
# Written once by Radvigil; yours to change. No usage statistics leave this machine.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1   # one run at a time: the records have one writer
"""


def write_dagster_settings(folder: Path) -> Path:
    """Write ``dagster.yaml`` into DAGSTER_HOME where there is none; the file."""
    path = folder / "dagster.yaml"
    if not path.exists():
        path.write_text(SETTINGS, encoding="utf-8")
    return path
