"""Why an HL7 message is not taken: a code for people and programs, never a value of the message."""

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What is wrong with a message, or why it cannot be applied."""

    NOT_HL7 = "not_hl7"
    TOO_LARGE = "too_large"
    HALF = "half_message"
    CHARSET = "character_set"
    CHARACTERS = "characters"
    ESCAPE = "escape_sequence"
    SEGMENT = "segment"
    REQUIRED = "required_field"
    DATA_TYPE = "data_type"
    BIRTH_DATE = "birth_date"
    MESSAGE_TYPE = "message_type"
    EVENT = "trigger_event"
    PROCESSING_ID = "processing_id"
    VERSION = "version"
    SENDER = "unknown_sender"
    CONTROL_ID = "control_id_used"
    AMBIGUOUS = "ambiguous_identifier"
    SAME_PATIENT = "same_patient"
    CYCLE = "merge_cycle"
    MERGED_ELSEWHERE = "merged_elsewhere"
    UNMERGE = "unmerge"
    UNAVAILABLE = "unavailable"


SAID: Final = {
    Fault.NOT_HL7: ("102", "no HL7 v2 message in ER7 with an MSH segment"),
    Fault.TOO_LARGE: ("102", "the message is too large"),
    Fault.HALF: ("102", "the message did not end in time, or not in 0x1C 0x0D"),
    Fault.CHARSET: ("102", "MSH-18 names a character set that is not read"),
    Fault.CHARACTERS: ("102", "characters not of the set in MSH-18, or control characters"),
    Fault.ESCAPE: ("102", "an escape sequence that is not read"),
    Fault.SEGMENT: ("100", "a segment is missing, repeated or in the wrong place"),
    Fault.REQUIRED: ("101", "a required field is missing"),
    Fault.DATA_TYPE: ("102", "a field is too long or not of its data type"),
    Fault.BIRTH_DATE: ("102", "PID-7 lies in the future or before 1850"),
    Fault.MESSAGE_TYPE: ("200", "the message type is not read here"),
    Fault.EVENT: ("201", "the trigger event is not read here"),
    Fault.PROCESSING_ID: ("202", "MSH-11 is not P"),
    Fault.VERSION: ("203", "MSH-12 is no version of HL7 v2"),
    Fault.SENDER: ("101", "MSH-3, MSH-4 and the address are of no registered system"),
    Fault.CONTROL_ID: ("205", "the control id was used for another message"),
    Fault.AMBIGUOUS: ("204", "which identifiers belong together cannot be told"),
    Fault.SAME_PATIENT: ("204", "prior and surviving patient are the same"),
    Fault.CYCLE: ("204", "the prior patient is the one that an earlier merge left"),
    Fault.MERGED_ELSEWHERE: ("204", "the prior patient was merged into another one before"),
    Fault.UNMERGE: ("201", "a merge is taken back by a person: radvigil identity merge --study"),
    Fault.UNAVAILABLE: ("207", "not kept, or not applied yet: send it again"),
}
"""The code of HL7 table 0357 that goes into ERR-3, and the words of MSA-3."""


UNDERSTOOD: Final = frozenset((
    Fault.AMBIGUOUS, Fault.SAME_PATIENT, Fault.CYCLE, Fault.MERGED_ELSEWHERE, Fault.UNMERGE,
    Fault.UNAVAILABLE,
))  # fmt: skip
"""What is answered AE, application error; the rest is answered AR, application reject."""


Place = tuple[()] | tuple[str, int] | tuple[str, int, int]
"""Where in a message: segment, which of that name (from 1), and field; empty: nobody knows."""


class MessageRefused(Exception):
    """A message that is not taken, by its fault and where in it that lies.

    kept: the message is on the disk, and listed as such.
    """

    def __init__(self, fault: Fault, at: Place = (), *, kept: bool = False) -> None:
        super().__init__(str(fault))
        self.fault, self.at, self.kept = fault, at, kept
