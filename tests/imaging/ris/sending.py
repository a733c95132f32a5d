"""Messages of an invented RIS, as bytes, and a plain MLLP client."""

import socket
from itertools import count
from types import TracebackType

_control = count(1)


def message(
    kind: str, *segments: str, control: str = "", application: str = "RIS",
    facility: str = "NORTH", charset: str = "UNICODE UTF-8", sent_at: str = "20260301101112",
    processing: str = "P", version: str = "2.5.1",
) -> bytes:
    """An HL7 message; kind such as ADT^A40. Without a control id it gets a new one."""
    control = control or f"C{next(_control)}"
    msh = (f"MSH|^~\\&|{application}|{facility}|RADVIGIL|RADIOLOGY|{sent_at}||{kind}|{control}|"
           f"{processing}|{version}||||||{charset}")  # fmt: skip
    text = "\r".join([msh, *segments]) + "\r"
    return text.encode({"UNICODE UTF-8": "utf-8", "8859/1": "latin-1"}.get(charset, "ascii"))


def pid(
    number: str, *, name: str = "", born: str = "", sex: str = "", issuer: str = ""
) -> str:
    """A PID segment of one patient; number may be a whole list of CX."""
    return f"PID|1||{number if '^' in number else f'{number}^^^{issuer}^MR'}||{name}||{born}|{sex}"


def merge(prior: str, into: str, *, control: str = "", name: str = "", **more: str) -> bytes:
    """An A40: prior is into by now."""
    mrg = prior if "^" in prior else f"{prior}^^^^MR"
    return message("ADT^A40", pid(into, name=name), f"MRG|{mrg}", control=control, **more)


def update(
    number: str, *, control: str = "", sent_at: str = "20260301101112", **said: str
) -> bytes:
    """An A08: what the RIS says of a patient now."""
    return message("ADT^A08", pid(number, **said), control=control, sent_at=sent_at)


class Client:
    """Sends blocks over a real socket and reads the answers."""

    def __init__(self, port: int, *, seconds: float = 20.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._rest = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, content: bytes) -> list[str]:
        """MSA of the answer: code, control id, words."""
        self.socket.sendall(b"\x0b" + content + b"\x1c\r")
        return self.answer()

    def answer(self) -> list[str]:
        """MSA of the next answer; empty where the other side has closed."""
        while b"\x1c\r" not in self._rest:
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                return []
            self._rest += more
        block, _, self._rest = self._rest.partition(b"\x1c\r")
        msa = block[1:].decode("ascii").split("\r")[1]
        return msa.split("|")[1:]
