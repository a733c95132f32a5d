"""Where the studies of a dataset come from, and on what basis they may be used (AI Act Art. 10)."""

from dataclasses import dataclass

from records.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Origin:
    """Source, legal basis and consent of a dataset's studies, as somebody states them.

    Raises:
        InvalidInput: One of them is blank: what is not known is said in words.
    """

    source: str
    legal_basis: str
    """Such as 'GDPR Art. 9(2)(j) with the hospital act of the land, ethics vote 12/2025'."""
    consent: str
    """Such as 'broad consent of the hospital, version 3' or 'waived by the ethics committee'."""

    def __post_init__(self) -> None:
        for name in ("source", "legal_basis", "consent"):
            if not any(letter.isalnum() for letter in getattr(self, name)):
                words = name.replace("_", " ")
                raise InvalidInput(
                    f"The {words} of the studies was not stated.",
                    hint="Say it in words, also where it is not known or not needed: it stands in "
                    "the datasheet for ever.",
                )


def simulated_origin(description: str, *, real_images: bool) -> Origin:
    """The origin of a demonstration's studies."""
    if real_images:
        return Origin(
            description, "not stated: images of a folder, used in a demonstration only",
            "not stated: images of a folder, used in a demonstration only",
        )
    return Origin(
        description, "none needed: the studies are simulated", "none needed: nobody was examined"
    )
