"""Results go to another system, and studies come from it, by DICOMweb (PS3.18)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from records.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Web:
    """The DICOMweb services of a system: their address without /studies, and how it is secured.

    authorities: PEM of those who vouch for the server; without it those of the machine do.
    certificate and key: PEM of what is shown to the server.
    """

    title: str
    address: str
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    seconds: float = 30.0


def store_results(web: Web, results: Sequence[Any]) -> list[str]:
    """Send result objects by STOW-RS; for each the fault, empty where it is stored.

    Raises:
        Unavailable: It is not reached, or refuses the request.
    """
    with _client(web) as client:
        answer = client.store_instances(list(results))
    stored = {str(one.ReferencedSOPInstanceUID) for one in answer.get("ReferencedSOPSequence", [])}
    reasons = {
        str(one.ReferencedSOPInstanceUID): int(one.get("FailureReason", 0))
        for one in answer.get("FailedSOPSequence", [])
    }
    return [_fault(str(one.SOPInstanceUID), stored, reasons) for one in results]


def _fault(uid: str, stored: set[str], reasons: dict[str, int]) -> str:
    if uid in stored and uid not in reasons:
        return ""
    if uid in reasons:
        return f"it did not store it (reason 0x{reasons[uid]:04X})"
    return "it does not say whether it stored it"


def search(web: Web, level: str, **wanted: str) -> list[Dataset]:
    """What the other system holds that fits: QIDO-RS; level: studies, series or instances.

    Raises:
        Unavailable: It is not reached, or refuses the request.
    """
    with _client(web) as client:
        ask = getattr(client, f"search_for_{level}")
        found = ask(search_filters={key: one for key, one in wanted.items() if one})
    return [Dataset.from_json(one) for one in found]


def retrieve(web: Web, study: str) -> Iterator[Dataset]:
    """Every object of a study, as stored there, one after the other: WADO-RS.

    Raises:
        Unavailable: It is not reached, or refuses the request.
    """
    with _client(web) as client:
        # any transfer syntax: the bytes are not to be converted on the way
        yield from client.iter_study(study, media_types=(("application/dicom", "*"),))


@contextmanager
def _client(web: Web) -> Iterator[Any]:
    """A client for one question; whatever goes wrong is told without what was asked for."""
    import requests
    from dicomweb_client.web import DICOMwebClient

    # the libraries log addresses, which hold UIDs and identifiers
    for name in ("dicomweb_client", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password file of the environment
        if web.authorities is not None:
            session.verify = str(web.authorities)
        if web.certificate is not None:
            session.cert = (str(web.certificate), str(web.key or web.certificate))
        client = DICOMwebClient(web.address, session=session, timeout=web.seconds)
        client.set_http_retry_params(retry=False)  # the queue tries again, with pauses
        try:
            yield client
        except requests.HTTPError as refused:
            code = refused.response.status_code if refused.response is not None else 0
            raise Unavailable(
                f"'{web.title}' refuses the DICOMweb request: status {code}.",
                hint="Check its address, and whether it lets this system in.",
            ) from None
        except (InvalidDicomError, ValueError, KeyError) as wrong:
            raise Unavailable(
                f"'{web.title}' answers with something that is no DICOM: {type(wrong).__name__}.",
                hint="Is this the address of its DICOMweb services?",
            ) from None
        except (requests.RequestException, OSError) as failed:
            raise Unavailable(
                f"'{web.title}' is not reached by DICOMweb: {type(failed).__name__}.",
                hint="Check its address, its certificate, and that it runs.",
            ) from None
