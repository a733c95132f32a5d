"""Workspaces that use cases are tried on: one in operation, one watched, one to decide in."""

from tests.models.conftest import model_folder, tiny_dataset, tiny_params, training_folder
from tests.pipelines.conftest import operating
from tests.regulatory.gathering.conftest import developed, judged, operated

__all__ = [
    "developed", "judged", "model_folder", "operated", "operating", "tiny_dataset", "tiny_params",
    "training_folder",
]  # fmt: skip
