"""Results as secondary captures: the text of their attributes, or that which is burned in.

Burned-in text is read by the reader that also finds identifiers in pixels (imaging/letters.py),
with models that lie in its wheel. What is read is interpreted and forgotten.
"""

import re
from datetime import tzinfo
from typing import Any, Final

from imaging.external.saying import (
    ResultRefused,
    SaidOutside,
    Why,
    answer_in_text,
    is_of,
    require_software,
)
from imaging.external.structured_report import (
    equipment_names,
    equipment_version,
    moment_of,
    study_of,
)
from records.external_product import ExternalProduct

ORIGIN: Final = "secondary capture"
_ZERO: Final = re.compile(r"(?<=[A-Za-z])0(?=[A-Za-z])")
"""A letter O between letters is often read as a nought."""
TEXTS: Final = (
    "ImageComments", "DerivationDescription", "SeriesDescription", "ContentDescription",
    "DocumentTitle", "ProtocolName",
)  # fmt: skip
"""Attributes in which products write what they found."""


def read_capture(
    product: ExternalProduct, dataset: Any, *, zone: tzinfo, where: str = ""
) -> SaidOutside:
    """What a secondary capture says, by its attributes, else by what is burned into its pixels.

    Raises:
        ResultRefused: It is of another product, or says nothing that can be told with certainty.
    """
    if not is_of(product, equipment_names(dataset)):
        raise ResultRefused(Why.OTHER_PRODUCT)
    software = require_software(equipment_version(dataset))
    stated = "\n".join(str(dataset.get(one, "") or "") for one in TEXTS)
    try:
        score, decision = answer_in_text(product, stated)
    except ResultRefused as refused:
        if refused.why not in (Why.NO_FINDING, Why.NO_DECISION) or "PixelData" not in dataset:
            raise
        score, decision = answer_in_text(product, burned_in(dataset))
    taken = moment_of(dataset, ("ContentDate", "ContentTime"), zone) or moment_of(
        dataset, ("InstanceCreationDate", "InstanceCreationTime"), zone
    )
    return SaidOutside(
        study=study_of(dataset), software=software, score=score, decision=decision, said_at=taken,
        origin=ORIGIN, where=where,
    )


def burned_in(dataset: Any) -> str:
    """The lines that are burned into the picture of a capture, by one frame.

    Raises:
        ResultRefused: Its pixels cannot be decoded.
    """
    from imaging.letters import read_lines

    try:
        picture = dataset.pixel_array
    except Exception:  # decoders raise what they like; the file is refused either way
        raise ResultRefused(Why.NOT_A_RESULT, "the pixels cannot be decoded") from None
    if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
        picture = picture[0]
    return "\n".join(_ZERO.sub("O", line) for line in read_lines(picture))
