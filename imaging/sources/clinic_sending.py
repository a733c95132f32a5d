"""Messages of a simulated RIS on their way: over a real socket by MLLP, each answered before the
next, and again until it is taken, as a RIS does."""

from collections.abc import Callable, Iterable
from time import sleep
from typing import Final

from imaging.sources.clinic_messages import RisMessage
from records.errors import Unavailable

TRIES: Final = 3
_PAUSE: Final = 0.2


def send_messages(
    messages: Iterable[RisMessage], port: int, *, host: str = "127.0.0.1",
    sent: Callable[[RisMessage, str], None] = lambda _message, _code: None,
) -> int:
    """Send each message and wait for its answer; how many were sent.

    sent: told each message with the code of its answer, AA, AE or AR.

    Raises:
        Unavailable: Nobody listens, or the other side went away in the middle of a message.
    """
    from hl7.client import MLLPClient

    client, count = None, 0
    try:
        for one in messages:
            for attempt in range(TRIES):
                client = client or MLLPClient(host, port)
                answer = bytes(client.send_message(one.content))
                code = _code(answer)
                if code == "AR" or not answer:  # whoever is not known is cut off
                    client.close()
                    client = None
                if code:
                    break
                sleep(_PAUSE * (attempt + 1))
            else:
                raise Unavailable(
                    f"The listener on port {port} does not answer.", hint="Is it running?"
                )
            sent(one, code)
            count += 1
    except OSError as gone:
        raise Unavailable(
            f"HL7 cannot be sent to {host}:{port}: {gone.strerror}.", hint="Is it running?"
        ) from None
    finally:
        if client is not None:
            client.close()
    return count


def _code(answer: bytes) -> str:
    """MSA-1 of an answer; empty where there is none."""
    for segment in answer.split(b"\r"):
        fields = segment.lstrip(b"\x0b").split(b"|")
        if fields[0] == b"MSA" and len(fields) > 1:
            return fields[1].decode("ascii", "replace")
    return ""
