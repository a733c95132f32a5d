"""A service in operation, its model trained once."""

from pathlib import Path

import pytest

from records.product import ModelVersion
from records.store import Store
from tests.gateway.operation import in_operation, token
from tests.models.conftest import model_folder, tiny_dataset, tiny_params, training_folder

__all__ = ["model_folder", "tiny_dataset", "tiny_params", "training_folder"]


@pytest.fixture
def version(store: Store, tmp_path: Path, model_folder: Path) -> ModelVersion:
    """The version that answers, of a live workspace."""
    return in_operation(store, tmp_path, model_folder)


@pytest.fixture
def secret(store: Store, version: ModelVersion) -> str:
    """The token of a program that may have studies read."""
    return token(store)
