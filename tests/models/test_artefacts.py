from pathlib import Path

import numpy as np
import pytest

from models.artefacts import read_columns, read_json, replaced, write_columns, write_json
from records.errors import IntegrityBroken, NotFound


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": 2})
    with pytest.raises(RuntimeError), replaced(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"a": 2, "b": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_linked_into_a_cache_is_never_written_into(tmp_path: Path) -> None:
    path, cached = tmp_path / "a.json", tmp_path / "cache"
    write_json(path, {"a": 1})
    cached.hardlink_to(path)
    write_json(path, {"a": 2})
    assert read_json(cached) == {"a": 1}


def test_columns_are_read_back(tmp_path: Path) -> None:
    columns = {"patient": np.array(["P1", ""]), "age": np.array([3.5, np.nan])}
    write_columns(tmp_path / "t.parquet", columns)
    found = read_columns(tmp_path / "t.parquet")
    assert found["patient"].tolist() == ["P1", ""]
    assert np.array_equal(found["age"], columns["age"], equal_nan=True)


def test_missing_and_damaged_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_json(tmp_path / "model.json")
    with pytest.raises(NotFound):
        read_columns(tmp_path / "index.parquet")
    for text in ("{", "[1]"):
        (tmp_path / "model.json").write_text(text)
        with pytest.raises(IntegrityBroken):
            read_json(tmp_path / "model.json")
