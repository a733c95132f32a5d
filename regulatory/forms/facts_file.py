"""Files about a form: the facts to fill it with, and a data set that was written before."""

from pathlib import Path
from typing import Any

from records.errors import InvalidInput
from regulatory.forms.writing import facts_of
from regulatory.rules.facts_file import read_json_object


def read_form_facts(path: Path) -> dict[str, Any]:
    """The facts of a file ``{"facts": {"report_type": "INITIAL", ...}}``.

    Raises:
        InvalidInput: It cannot be read, or holds no facts.
    """
    content = read_json_object(path, wanted='{"facts": {"report_type": "INITIAL", ...}}')
    facts = content.get("facts")
    if not isinstance(facts, dict):
        raise InvalidInput(f"{path.name}: facts is no object of facts by field.")
    return facts


def read_data_set(path: Path) -> dict[str, Any]:
    """A data set that was written before.

    Raises:
        InvalidInput: It cannot be read, or is none.
    """
    content = read_json_object(path, wanted="of a data set")
    facts_of(content)
    sequence, reference = content.get("sequence"), content.get("reference")
    if type(sequence) is not int or sequence < 1 or not isinstance(reference, str):
        raise InvalidInput(f"{path.name}: its sequence and the number of its report are needed.")
    return content
