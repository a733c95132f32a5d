from pathlib import Path

import pytest

from imaging.sources.base import SimulatedStudy
from imaging.sources.simulator import development_plan, simulate


@pytest.fixture(scope="session")
def real_data(data_folder: Path) -> Path:
    """The folder of real, public images, where this machine has one."""
    return data_folder


@pytest.fixture(scope="session")
def development(tmp_path_factory: pytest.TempPathFactory) -> list[SimulatedStudy]:
    """40 studies of each development site."""
    return simulate(development_plan(5, 40), tmp_path_factory.mktemp("incoming"), workers=1)
