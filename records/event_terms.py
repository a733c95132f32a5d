"""What may be wrong with a device, as versioned data: own category, IMDRF Annex A terms.

The starter vocabulary holds terms and no code numbers (see ``event_terms.yaml``): an official
release of the IMDRF adverse event terminology is loaded in its place before codes are submitted.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput
from records.yaml_source import read_yaml

FILE: Final = Path(__file__).with_name("event_terms.yaml")

HARMS: Final[dict[str, str]] = {
    "UNKNOWN": "not known",
    "NONE": "nobody was harmed",
    "TEMPORARY": "a harm that went away without intervention",
    "INTERVENTION_NEEDED": "an intervention was needed",
    "PERMANENT_IMPAIRMENT": "permanent impairment",
    "LIFE_THREATENING": "a danger to life",
    "DEATH": "a death",
}
"""What happened to the patient, in the codes of the rules; UNKNOWN is never NONE."""


@cache
def event_terms() -> dict[str, Any]:
    """The vocabulary: its version, its source, and by category the terms of Annex A."""
    return dict(read_yaml(FILE).content)


def coded_as(categories: Sequence[str]) -> list[dict[str, Any]]:
    """The categories with their terms and the version of the vocabulary.

    Raises:
        InvalidInput: A category that the vocabulary does not hold.
    """
    known = event_terms()
    strange = [one for one in categories if one not in known["terms"]]
    if strange:
        raise InvalidInput(
            f"'{strange[0]}' is no category of the vocabulary, version {known['version']}.",
            hint=f"Known: {', '.join(known['terms'])}.",
        )
    return [
        {"category": one, "annex_a_terms": list(known["terms"][one]),
         "vocabulary_version": known["version"], "code": None}
        for one in dict.fromkeys(categories)
    ]  # fmt: skip


def harm_named(code: str) -> str:
    """The code of a harm. Raises InvalidInput with the codes that there are."""
    if code not in HARMS:
        raise InvalidInput(f"'{code}' is no harm.", hint=f"Known: {', '.join(HARMS)}.")
    return code
