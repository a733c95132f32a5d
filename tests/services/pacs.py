"""Orthanc, a PACS that we did not write, where only this machine reaches it.

It listens on every address that it sees and has no setting against it, so it gets a network
namespace of its own: one cable to this machine, and nothing else.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORTHANC = Path("/usr/sbin/Orthanc")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TITLE, SECURED = "ORTHANC", "ORTHANC_TLS"
DICOM, HTTP, DICOM_TLS, HTTP_OF_TLS = 4242, 8042, 4243, 8043


@dataclass(frozen=True, slots=True)
class Hospital:
    """Where the two PACS of a namespace are reached: one in clear, one over TLS only."""

    address: str
    folder: Path

    @property
    def web(self) -> str:
        """DICOMweb in clear."""
        return f"http://{self.address}:{HTTP}/dicom-web"

    @property
    def web_of_secured(self) -> str:
        """DICOMweb, in clear, of the one that is called over TLS only."""
        return f"http://{self.address}:{HTTP_OF_TLS}/dicom-web"


def can_run() -> str:
    """Why it cannot run here; empty where it can."""
    if not (ORTHANC.exists() and PLUGIN.exists()):
        return "Orthanc with its DICOMweb plug-in is not installed"
    if os.geteuid() != 0:
        return "only root makes the network namespace that Orthanc is kept in"
    name = f"rv-try-{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True)
    if tried.returncode != 0:
        return "no network namespace can be made here"
    subprocess.run(["ip", "netns", "delete", name], check=True)
    return ""


@contextmanager
def namespace() -> Iterator[tuple[str, str]]:
    """A network namespace with one cable to this machine: its name, and its address there."""
    number = os.getpid() % 16000
    name, base = f"rv-pacs-{os.getpid()}", f"10.213.{number // 64}.{number % 64 * 4}".rsplit(".", 1)
    ours, theirs = (f"{base[0]}.{int(base[1]) + one}" for one in (1, 2))
    here, there = f"rva{number}", f"rvb{number}"
    steps = [
        f"ip netns add {name}", f"ip link add {here} type veth peer name {there} netns {name}",
        f"ip address add {ours}/30 dev {here}", f"ip link set {here} up",
        f"ip -n {name} address add {theirs}/30 dev {there}", f"ip -n {name} link set {there} up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for step in steps:
            subprocess.run(step.split(), check=True, capture_output=True)
        yield name, theirs
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)
        subprocess.run(["ip", "link", "delete", here], capture_output=True)


@contextmanager
def orthanc(
    name: str, folder: Path, address: str, ports: tuple[int, int], **more: Any
) -> Iterator[None]:
    """One Orthanc in a namespace, until the block ends."""
    folder.mkdir()
    settings: dict[str, Any] = {
        "Name": "Radvigil test", "StorageDirectory": str(folder), "IndexDirectory": str(folder),
        "DicomAet": TITLE, "DicomPort": ports[0], "HttpPort": ports[1], "HttpServerEnabled": True,
        "DicomCheckCalledAet": True, "DicomAlwaysAllowEcho": True, "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True, "RemoteAccessAllowed": True, "AuthenticationEnabled": False,
        "OverwriteInstances": False, "Plugins": [str(PLUGIN)], "DicomWeb": {"Enable": True},
        "DefaultEncoding": "Utf8", **more,
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            ["ip", "netns", "exec", name, str(ORTHANC), str(folder / "orthanc.json")],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )
    try:
        for port in ports:
            _wait_for(address, port, running, folder / "log")
        yield
    finally:
        os.killpg(running.pid, signal.SIGKILL)  # it does not end by itself when told to
        running.wait()


def _wait_for(address: str, port: int, running: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and running.poll() is None:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Orthanc did not start: {log.read_text()[-2000:]}")


@contextmanager
def hospital(folder: Path) -> Iterator[Hospital]:
    """Two of them: in clear, and over TLS that wants to see the caller's certificate.

    The folder holds node.pem, which vouches for the second, and caller.pem with caller.key, which
    it wants to see.
    """
    from tests.imaging.node.papers import write_papers

    with namespace() as (name, address):
        papers = write_papers(folder, address=address)
        secured = {
            "DicomAet": SECURED, "DicomTlsEnabled": True,
            "DicomTlsCertificate": str(papers / "node.pem"),
            "DicomTlsPrivateKey": str(papers / "node.key"),
            "DicomTlsTrustedCertificates": str(papers / "caller.pem"),
            "DicomTlsRemoteCertificateRequired": True,
        }  # fmt: skip
        with (
            orthanc(name, folder / "clear", address, (DICOM, HTTP)),
            orthanc(name, folder / "tls", address, (DICOM_TLS, HTTP_OF_TLS), **secured),
        ):
            yield Hospital(address, papers)
