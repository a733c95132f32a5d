"""Dagster's settings in the workspace: telemetry off, and an owner's changes are kept."""

from records.settings import Workspace
from records.yaml_source import read_yaml


def test_every_new_workspace_has_them_and_they_are_written_once(workspace: Workspace) -> None:
    path = workspace.dagster / "dagster.yaml"
    assert read_yaml(path).content["telemetry"]["enabled"] is False
    path.write_text("mine: 1\n")
    workspace.create()
    assert path.read_text() == "mine: 1\n"
