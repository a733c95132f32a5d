"""Files of a model folder: written whole or not at all, the same content in the same bytes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from records.errors import IntegrityBroken, NotFound

Columns = dict[str, NDArray[Any]]

ARRAYS, INDEX = "arrays.npy", "index.parquet"
MODEL, TRAINING, METRICS = "model.json", "training.json", "metrics.json"
FEATURE_REFERENCE, PREDICTIONS = "feature_reference.npz", "predictions.parquet"


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A place to write to; it takes the file's name only when the writing ended well.

    Never writes into an existing file: it may be the same file as one in the vault's cache.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain values as JSON with sorted keys: same values, same bytes."""
    with replaced(path) as part:
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file of a model folder.

    Raises NotFound without the file, IntegrityBroken when it is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no {path.name} in {path.parent.name}.") from None
    except ValueError as wrong:
        raise IntegrityBroken(f"{path.name} is not what was written: it is not JSON.") from wrong
    if not isinstance(content, dict):
        raise IntegrityBroken(f"{path.name} is not what was written: it holds no fields.")
    return content


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write equally long columns as Parquet; of two dimensions as a list a row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replaced(path) as part:
        listed = {name: pa.array(values if values.ndim == 1 else list(values))
                  for name, values in columns.items()}  # fmt: skip
        pq.write_table(pa.table(listed), part)


def read_columns(path: Path) -> Columns:
    """The columns of a Parquet file as arrays; text columns as str with "" for missing.

    Raises NotFound without the file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise NotFound(f"There is no {path.name} in {path.parent.name}.")
    table = pq.read_table(path)
    columns: Columns = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns[name] = np.array(column.fill_null("").to_pylist(), dtype=np.str_)
        else:
            columns[name] = column.to_numpy()
    return columns
