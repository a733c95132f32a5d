"""Workspaces that use cases are tried on: one in operation, one watched, one to decide in."""

from tests.pipelines.conftest import operating
from tests.regulatory.gathering.conftest import developed, judged, operated

__all__ = ["developed", "judged", "operated", "operating"]
