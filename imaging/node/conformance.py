"""The DICOM conformance statement of the node (PS3.2), made from what it really negotiates."""

from imaging.node.negotiation import (
    FIND_STUDIES,
    MAXIMUM_PDU,
    NOTES,
    RESULT_SYNTAXES,
    RESULTS,
    STORAGE,
    TRANSFER_SYNTAXES,
    WORKLISTS,
    Negotiated,
    named,
)  # fmt: skip
from imaging.node.querying import MOST_ANSWERS, MOST_BYTES
from imaging.node.storage import AGAIN_AFTER_SECONDS, NodeSettings

IMPLEMENTATION = "pynetdicom's own implementation class UID and version name"


def conformance_statement(software: str) -> str:
    """The statement as Markdown, for a PACS administrator to read before the first connection."""
    return "\n".join([
        *_overview(software), *_entity(), *_storage(), *_worklist(), *_results(), *_rest(),
    ])  # fmt: skip


def _overview(software: str) -> list[str]:
    return [
        "# DICOM conformance statement", "",
        "Written by `scripts/write_conformance.py` from the node's own negotiation table; a test "
        "compares the two. Order and words follow DICOM PS3.2.", "",
        "## Overview", "",
        f"{software} receives studies as a Storage SCP, for post-market surveillance of radiology "
        "AI, and returns what the device found as a Storage SCU or by DICOMweb.", "",
        *_table(("network service", "as SCU", "as SCP"), [
            ("Verification (C-ECHO)", "yes (`radvigil node echo`)", "yes"),
            ("Storage (C-STORE)", "yes, results", "yes, the classes below"),
            ("Query/Retrieve (C-FIND)", "yes, Study Root", "no"),
            ("Query/Retrieve (C-MOVE, C-GET)", "no", "no"),
            ("DICOMweb STOW-RS, QIDO-RS, WADO-RS", "yes (user agent)", "no"),
            ("Storage Commitment", "no", "no"),
            ("Unified Procedure Step - Query (C-FIND)", "no", "yes, with `--worklist`"),
            ("Unified Procedure Step - Push, Pull, Watch, Event", "no", "no"),
            ("Modality Worklist (C-FIND)", "no", "yes, with `--worklist`: the reading list"),
            ("MPPS", "no", "no"),
        ]),
    ]  # fmt: skip


def _entity() -> list[str]:
    settings = NodeSettings("RADVIGIL", "127.0.0.1", 11112)
    return [
        "## Application entity", "",
        *_table(("property", "value"), [
            ("AE title", "chosen when it is started (`--title`, else RADVIGIL); a call to another "
                         "title is rejected"),
            ("Port", f"chosen when it is started (`--port`, else {settings.port})"),
            ("Maximum PDU received", f"{MAXIMUM_PDU:,} bytes"),
            ("Associations at once", f"{settings.associations}; the next one is rejected "
                                     "(transient, local limit exceeded)"),
            ("Asynchronous operations", "none: one operation at a time an association"),
            ("Idle association", f"aborted after {settings.idle_seconds:.0f} seconds"),
            ("Implementation identity", IMPLEMENTATION),
            ("Application context", "1.2.840.10008.3.1.1.1"),
        ]),
        "### Who may call", "",
        "Only a system whose AE title was registered (`radvigil node register`), and from its "
        "address where one was given. Everybody else is rejected before negotiation: permanent, "
        "source 1, reason 3 (calling AE title not recognised); transient, reason 1, where the "
        "register cannot be read. A refused caller is an event of the audit trail, once "
        f"in {AGAIN_AFTER_SECONDS / 60:.0f} minutes a caller.", "",
    ]  # fmt: skip


def _storage() -> list[str]:
    return [
        "### Presentation contexts accepted", "",
        "Each storage SOP class with each transfer syntax. The first transfer syntax that the "
        "caller proposes and the node knows is taken. Verification is accepted with the "
        "uncompressed syntaxes and Deflated.", "",
        *_uids("SOP class", named((*STORAGE, *NOTES))),
        *_uids("transfer syntax", named(TRANSFER_SYNTAXES)),
        "No private SOP class and no private transfer syntax is accepted.", "",
        "### Storage", "",
        "Level 2 (full): every attribute is kept as sent until the study is taken in. An object is "
        "acknowledged when it is on the disk (fsync of file and folder), before it is looked at. "
        "The same bytes again are acknowledged and kept once. Nothing is coerced.", "",
        *_table(("status", "when"), [
            ("0x0000 success", "on the disk"),
            ("0xA700 out of resources", "it could not be written: disk full or failing"),
            ("0x0110 processing failure", "anything else went wrong; nothing is left of it"),
            ("0x0124 not authorised", "the system was retired during the call"),
        ]),
        "What is received and not read by the device (several frames, colour, another body part, "
        "...) is kept in quarantine with the reason and listed; it is never sent on.", "",
        "### Changes of what was sent (IHE RAD IOCM)", "",
        "A key object selection titled 113001, 113037, 113038 or 113039 (DCM) takes the images of "
        "the same site that it names back: they are not read any more. The same SOP Instance UID "
        "with the same pixels and another patient, name, birth date, accession number or study ID "
        "corrects the study; with other pixels it is kept in quarantine and changes nothing.", "",
    ]  # fmt: skip


def _worklist() -> list[str]:
    return [
        "### Reading worklist", "",
        "A node that runs with `--worklist` tells which studies wait to be read, to systems that "
        "were registered with `--asks`, each its own site's. Others get status 0x0124 and are an "
        "event of the audit trail. Both services are asked by C-FIND in these transfer syntaxes:",
        "", *_uids("SOP class answered", named(WORKLISTS)),
        *_uids("transfer syntax accepted", named(RESULT_SYNTAXES)),
        "One item a study that arrived today or yesterday (UTC) and that nobody has read, in the "
        "order of reading. HIGH is what the device moved up or what has waited the longest wait "
        "of its definition, MEDIUM is everything else, studies without an answer included; LOW is "
        "never told, because nothing is moved down. Sorted by priority and then by start (the "
        "arrival), the items stand in the same order. UPS Query is the SOP class whose only "
        "service is C-FIND: an item cannot be claimed or changed. In Modality Worklist the step is "
        "the reading: its modality is SR and its station READING, so that a scanner that asks for "
        "its own modality or title gets nothing.", "",
        *_table(("what is told", "UPS Query", "Modality Worklist"), [
            ("priority", "(0074,1200)", "(0040,1003)"),
            ("arrival", "(0040,4005) and (0040,4010)", "(0040,0100) > (0040,0002), (0040,0003)"),
            ("study", "(0020,000D), (0040,A370) > (0020,000D)", "(0020,000D)"),
            ("accession number", "(0040,A370) > (0008,0050)", "(0008,0050)"),
            ("patient", "(0010,0010), (0010,0020), (0010,0030), (0010,0040)", "the same"),
            ("why it stands here", "(0040,0400)", "(0040,0100) > (0040,0400)"),
            ("state", "(0074,1000) SCHEDULED, (0040,4041) READY", "(0040,0100) > (0040,0020)"),
            ("lists and labels", "(0074,1202) READING, (0074,1204)", "(0040,0100) > (0040,0007)"),
        ]),
        "Matching: single value, list of UIDs, wild cards, ranges of dates and times (start date "
        "and time of Modality Worklist together as one range), sequences (an item of the list fits "
        "where one of its items meets every key of the item asked for; an empty one asks for "
        "nothing), universal. Names match "
        "in any letter case and in each way that they are written. Every attribute told is a "
        "matching and a return key; other required keys are told empty, and "
        "unknown keys are passed over with status 0xFF01. Answers are in ISO_IR 192, times in "
        "UTC, as (0008,0201) says; times of "
        "a query are taken as UTC unless they name their offset.", "",
        *_table(("status", "when"), [
            ("0xFF00, 0xFF01 pending", "an item; with keys that are not known here"),
            ("0x0000 success", "that is the whole list"),
            ("0xFE00 cancel", "called off by C-CANCEL"),
            ("0xA700 out of resources", f"{MOST_ANSWERS} items were told and more wait"),
            ("0xA900 identifier does not match", f"it cannot be read, has over {MOST_BYTES:,} "
                                                 "bytes, or names a sequence as a value or a value "
                                                 "as a sequence"),
            ("0xC001 unable to process", "the list cannot be told, or some of it: the patient of a "
                                         "study is not in the identity mapping any more"),
            ("0x0124 not authorised", "the system may not ask"),
        ]),
        "Whose a study is, is put back as the list is told. Each time that the identity mapping "
        "is opened for it is an event on the study, before it is done; a system that asks again "
        "is told from memory for an hour.", "",
    ]  # fmt: skip


def _results() -> list[str]:
    return [
        "### Presentation contexts proposed", "",
        "To systems that are registered to receive results, in a call of their own: each result "
        "class with each of these transfer syntaxes.", "",
        *_uids("SOP class sent", named(RESULTS)),
        *_uids("transfer syntax proposed", named(RESULT_SYNTAXES)),
        *_uids("SOP class asked", named((FIND_STUDIES,))),
        "### Results", "",
        "A Comprehensive SR (TID 1500; of a device that marks lesions with each mark as a planar "
        "region, TID 1410, SCOORD; of one that outlines lesions in a volume with each lesion's "
        "segment, volume and longest diameter, TID 1411), a segmentation for each series that "
        "has a mask, secondary captures of heat maps. Each names its source images, the device, "
        "its version and "
        "operating point and its limits, is 'for review by a physician' and UNVERIFIED, holds "
        "the device as contributing equipment, whose device UID changes with the version (IHE AI "
        "Results), and bears the original patient, study and accession number. The same reading "
        "gives the same instance UIDs: an object that is sent again is the same object. Specific "
        "character set: ISO_IR 192.", "",
        *_table(("answer to C-STORE", "what follows"), [
            ("0x0000, 0xB000, 0xB006, 0xB007", "delivered"),
            ("anything else, or none", "recorded with the status, tried again with pauses, listed"),
        ]),
        "An attempt that was cut off is followed by C-FIND at the IMAGE level (QIDO-RS for "
        "DICOMweb): what is there is not sent again. A system that does not answer it gets the "
        "object again under the same UID.", "",
    ]  # fmt: skip


def _rest() -> list[str]:
    return [
        "## Security", "",
        "TLS 1.2 and newer (PS3.15 B.12, BCP 195) where a certificate is given; with "
        "`--authorities`, callers must show a certificate that these have signed. Without a "
        "certificate the node listens in clear, which belongs on a network of its own. User "
        "identity negotiation is not used.", "",
        "## Character sets", "",
        "Objects are kept as sent in any specific character set. Text that is read from them is "
        "decoded by the set that the object names.", "",
    ]  # fmt: skip


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _uids(kind: str, items: list[Negotiated]) -> list[str]:
    return _table((kind, "UID"), [(one.name, f"`{one.uid}`") for one in items])
