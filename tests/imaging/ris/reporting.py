"""Results with reports, as an invented RIS sends them."""

from tests.imaging.ris.sending import message, pid

NAMES = ("Zwetschkenbaum", "Rosalinde", "Oberhuber", "Quendolin", "Pfannenstiel")
"""The people whom these messages name: patient, reader and referrer; nothing of them may stay."""


def obx(place: int, text: str, *, kind: str = "TX", called: str = "GDT", status: str = "F") -> str:
    """An observation with text, escaped."""
    escaped = text.replace("\\", "\\E\\")
    for sign, name in (("|", "F"), ("^", "S"), ("&", "T"), ("~", "R"), ("\n", ".br")):
        escaped = escaped.replace(sign, f"\\{name}\\")
    return f"OBX|{place}|{kind}|{called}^^L||{escaped}||||||{status}"


def result(
    number: str, *rows: str, uid: str = "", accession: str = "ACC4711", filler: str = "RP90017",
    status: str = "F", said_at: str = "20260301101112", control: str = "",
) -> bytes:
    """An ORU^R01 of one report of a patient."""
    obr = [""] * 36
    obr[0], obr[1], obr[3], obr[4] = "OBR", "1", filler, "71020^CHEST PA^L"
    obr[18], obr[22], obr[24], obr[25] = accession, said_at, "RAD", status
    obr[16] = "7^Pfannenstiel^Kunigunde"
    obr[32] = "88&Oberhuber&Quendolin&&&DR"
    extra = [f"ZDS|{uid}^RADVIGIL^Application^DICOM"] if uid else []
    return message(
        "ORU^R01", pid(number, name="Zwetschkenbaum^Rosalinde", born="19610523"),
        "|".join(obr), *rows, *extra, control=control, sent_at=said_at,
    )  # fmt: skip
