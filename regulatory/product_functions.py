"""What this software does, function by function, with a proposed qualification and safety class.

EU MDR Art. 2(1) and MDCG 2019-11; IEC 62304:2006+A1, 4.3; FDA guidance on computer software
assurance. Data with a version (``product_functions.yaml``): a proposal, which people decide on.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.vault import file_digest
from records.yaml_source import read_yaml

FUNCTIONS: Final = Path(__file__).parent / "product_functions.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductFunction(_Part):
    """A function with what is proposed of it, and what shows its failure."""

    id: str = Field(pattern=r"^F-\d{2}$")
    name: str
    does: str
    rooms: str
    qualification: Literal["no medical device by itself", "part of the device that it runs"]
    because: str
    software_class: str
    class_because: str
    failure: str
    seen_by: str
    process_risk: Literal["high", "not high"]
    requirements: tuple[str, ...] = Field(min_length=1)


class Product(_Part):
    """The whole: purpose, what it is not for, and the functions."""

    version: int
    intended_purpose: str
    not_for: str
    functions: tuple[ProductFunction, ...] = Field(min_length=1)


def read_product(path: Path = FUNCTIONS) -> Product:
    """The functions as they are written down.

    Raises:
        InvalidInput: With a line for each fault: file, line number, field, what is wrong.
    """
    return _product(path, file_digest(path) if path.is_file() else "")


@lru_cache(maxsize=2)
def _product(path: Path, _digest: str) -> Product:
    source = read_yaml(path)
    try:
        return Product.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal(
            [(error["loc"], error["msg"]) for error in wrong.errors()]
        ) from wrong
