"""The answer to an HL7 message: MSH, MSA, and ERR where it is refused (ch. 2.9, 2.15)."""

from datetime import datetime
from uuid import uuid4

from imaging.ris.faults import SAID, UNDERSTOOD, Fault, Place
from imaging.ris.message import Header


def acknowledgement_code(fault: Fault | None) -> str:
    """AA, AE or AR (table 0008).

    >>> [acknowledgement_code(one) for one in (None, Fault.CYCLE, Fault.NOT_HL7)]
    ['AA', 'AE', 'AR']
    """
    if fault is None:
        return "AA"
    return "AE" if fault in UNDERSTOOD else "AR"


def acknowledgement(
    header: Header, fault: Fault | None, *, now: datetime, at: Place = ()
) -> bytes:
    """The message that answers the one of this header, in ASCII, in the header's own separators.

    at: where the fault lies, for ERR-2 (ERL: segment, which of that name, field). It repeats of the
    message who sent it to whom and its control id, and nothing else.
    """
    sign, component = header.separator, header.encoding[0]
    kind = component.join(filter(None, ("ACK", header.event, header.event and "ACK")))
    code = acknowledgement_code(fault)
    lines = [
        ["MSH", header.encoding, *header.receiver, *header.sender, f"{now:%Y%m%d%H%M%S}+0000", "",
         kind, uuid4().hex[:20], "P", header.version],
        ["MSA", code, header.control_id, *([SAID[fault][1]] if fault else [])],
    ]  # fmt: skip
    if fault:
        error = component.join((SAID[fault][0], str(fault), "HL70357"))
        lines.append(["ERR", "", component.join(map(str, at)), error, "E"])
    text = "".join(sign.join(line) + "\r" for line in lines)
    return text.encode("ascii", "replace")
