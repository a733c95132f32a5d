"""The line of a structured report by which its reader answers it, put in just before it is sent.

What lies in the vault and on record never holds the link: whoever has it can answer.
"""

import io
import warnings
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from imaging.results.attributes import code_item
from imaging.results.codes import COMMENT

WORDS: Final = "Accept, change or reject this result (reader {reader}, counts once): {address}"


def with_answer_link(content: bytes, address: str, *, reader: str) -> bytes:
    """A report of ours (a DICOM file) with one more comment, which holds the address of the page.

    address: of the page, the token in it. reader: the code of who is addressed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's warnings quote values
        dataset = dcmread(io.BytesIO(content))
        item = Dataset()
        item.RelationshipType = "CONTAINS"
        item.ValueType = "TEXT"
        item.ConceptNameCodeSequence = Sequence([code_item(COMMENT)])
        item.TextValue = WORDS.format(reader=reader, address=address)
        dataset.ContentSequence.append(item)
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
