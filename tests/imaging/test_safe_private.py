"""Private attributes stay only where the standard names them, and only where they are numbers."""

import pytest
from pydicom.datadict import private_dictionary_VR
from pydicom.dataset import Dataset

from imaging.safe_private import SAFE, safe_private

STANDARD = {
    (0x7053, "Philips PET Private Group"): {0x00, 0x09},
    (0x2005, "Philips MR Imaging DD 001"): {0x0D, 0x0E},
    (0x2001, "Philips Imaging DD 001"): {0x03, 0x04},
    (0x0019, "SIEMENS MR HEADER"): {0x0C, 0x0D, 0x0E, 0x27},
    (0x00E1, "ELSCINT1"): {0x21, 0x50},
    (0x01E1, "ELSCINT1"): {0x26},
    (0x01F1, "ELSCINT1"): {0x01, 0x07, 0x26, 0x27},
    (0x0019, "GEMS_ACQU_01"): {0x23, 0x24, 0x27, 0x9E},
}
"""PS3.15 Table E.3.10-1 for the creators of the list, as copies of it have it."""


def test_the_list_keeps_nothing_that_the_standard_does_not_name() -> None:
    assert all(element in STANDARD[group, creator] for group, creator, element in SAFE)


def test_every_entry_is_one_that_is_known_to_hold_a_number() -> None:
    """By pydicom's dictionary of private attributes, which is not made from the list."""
    kinds = {
        private_dictionary_VR(group << 16 | 0x1000 | element, creator)
        for group, creator, element in SAFE
    }
    assert kinds <= {"DS", "FD", "FL", "IS"}


@pytest.mark.parametrize(("element", "kind", "value", "stays"), [
    (0x0D, "FL", 0.5, True), (0x0E, "FL", 2.5, True), (0x0E, "LO", "Ottilie", False),
    (0xB0, "FL", 0.5, False), (0xB2, "FL", 0.5, False),
])  # fmt: skip
def test_a_scale_stays_and_what_the_table_lacks_or_is_text_does_not(
    element: int, kind: str, value: object, stays: bool
) -> None:
    dataset = Dataset()
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(element, kind, value)
    number = block.get_tag(element)
    assert (safe_private(dataset, int(number)) is not None) is stays
