"""Which attributes of a DICOM file may stay, as data: a reviewer reads these tables, not the code.

The profile is PS3.15 Annex E, Table E.1-1 (`imaging.attribute_table`), with options. What stands
here is what the table leaves open: the attributes that it does not name and that stay, and where
this program is stricter than the table. Everything that neither names is decided by its value
representation: free text, names, times, addresses, dates and unknown binary are removed, never
kept by default.

Action codes are the standard's: X removed, Z emptied, D replaced by a pseudonym or a dummy, U
identifier replaced consistently, C cleaned (dates shifted, text kept only where it holds no
identifier), K kept. W is a C of descriptions: only words that describe an examination stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from imaging.attribute_table import Option, table_rows

PROFILE: Final = "Radvigil basic 2"
"""Name and version of these tables; stands in every de-identified file."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile by name, its options, and which pixels are looked through for letters.

    ``scanned`` are modalities that are looked through unless the file declares NO burned-in
    annotation; ``always`` are those that are looked through whatever it declares. A file that
    declares YES is always looked through.
    """

    name: str
    options: frozenset[Option]
    scanned: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()

    def scans(self, modality: str, burned_in: str) -> bool:
        """Whether the pixels of such a file are looked through for letters."""
        if burned_in == "YES" or modality in self.always:
            return True
        return burned_in != "NO" and (not modality or modality in self.scanned)


BASIC: Final = Profile(
    PROFILE,
    frozenset((
        Option.CLEAN_PIXELS, Option.CLEAN_GRAPHICS, Option.CLEAN_DESCRIPTORS,
        Option.MODIFIED_DATES, Option.PATIENT_CHARACTERISTICS, Option.SAFE_PRIVATE,
    )),
    scanned=frozenset(("US", "SC", "OT", "XA", "RF", "XC", "ES", "GM", "IVUS", "DOC", "NM", "PT")),
)  # fmt: skip
"""What every study is taken in with. A serial number, detector or station becomes a pseudonym, so
that one machine stays one machine and nobody learns which."""

DEVICE_IDENTITY: Final = Profile(
    f"{PROFILE}, devices named", BASIC.options | {Option.DEVICE_IDENTITY}, BASIC.scanned
)
"""The same with Retain Device Identity, where a site agreed to be told apart by its machines."""

PROFILES: Final = (BASIC, DEVICE_IDENTITY)

ACTIONS: Final[Mapping[str, str]] = {
    "Z": """
        StudyTime PlacerOrderNumberImagingServiceRequest FillerOrderNumberImagingServiceRequest
    """,
    "D": """
        PatientID PatientName DeviceSerialNumber DetectorID StationName
    """,
    "C": """
        Manufacturer ManufacturerModelName SoftwareVersions BodyPartExamined
        PatientSpeciesDescription
        DetectorManufacturerName DetectorManufacturerModelName SecondaryCaptureDeviceManufacturer
        SecondaryCaptureDeviceManufacturerModelName SecondaryCaptureDeviceSoftwareVersions
        AcquisitionDeviceProcessingCode ConvolutionKernel RescaleType FilterType
        PixelSpacingCalibrationDescription WindowCenterWidthExplanation ModalityLUTType
        LUTExplanation CodeValue CodeMeaning CodingSchemeDesignator CodingSchemeVersion
    """,
    "K": """
        SpecificCharacterSet SOPClassUID ReferencedSOPClassUID Modality ImageType ViewPosition
        PatientOrientation Laterality ImageLaterality PhotometricInterpretation
        PresentationIntentType PresentationLUTShape BurnedInAnnotation PixelData LUTData
        LUTDescriptor LossyImageCompressionMethod
        RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
        BluePaletteColorLookupTableData InstanceNumber SeriesNumber AcquisitionNumber
    """,
    "X": """
        AcquisitionComments AcquisitionContextSequence AdditionalPatientHistory
        AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription Allergies ConfidentialityCode
        ContainerIdentifier ContentSequence ContributingEquipmentSequence
        EncryptedAttributesSequence EthnicGroup HumanPerformerCodeSequence IdentifyingComments
        ImageComments
        IssuerOfAccessionNumberSequence IssuerOfPatientIDQualifiersSequence LastMenstrualDate
        MACParametersSequence MedicalAlerts Occupation PatientComments PatientSexNeutered
        PatientState PerformedProtocolCodeSequence PersonIdentificationCodeSequence PersonName
        PregnancyStatus ProcedureCodeSequence ReasonForStudy ReasonForTheRequestedProcedure
        ReasonForRequestedProcedureCodeSequence ReferencedImageSequence
        ReferencedPerformedProcedureStepSequence ReferencedStudySequence RequestAttributesSequence
        RequestedProcedureCodeSequence RequestedProcedureComments ResultsComments SmokingStatus
        SourceImageSequence SpecialNeeds StudyComments TextComments UniversalEntityID
        TimezoneOffsetFromUTC
        VerifyingObserverName VerifyingObserverSequence VerifyingOrganization VisitComments
        GraphicAnnotationSequence ServiceEpisodeDescription
    """,
}
"""Attributes that the table does not name, and those that keep less here than it allows: no
comment or history is kept however clean, no time of day, nothing that names other objects, and a
device by pseudonym."""

BY_REPRESENTATION: Final[Mapping[str, str]] = {
    **dict.fromkeys(("CS", "DS", "IS"), "N"),  # kept where they hold a code or a number
    **dict.fromkeys(
        ("AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS", "US or OW",
         "US or SS or OW"), "K",
    ),
    "UI": "U",
    "SQ": "Q",  # looked into, item by item
}  # fmt: skip
"""What becomes of an attribute that no table names, by its value representation (VR);
one that is not listed here either is removed."""

_VOCABULARY = """
ABDOMEN ANONYMOUS ANON AXIAL BODY CHEST DEMO DERIVED DEFAULT HAND HEAD HOSPITAL IMAGE KNEE
LOCALIZER LUNG MEDICAL NONE NORMAL ORIGINAL OTHER PATIENT PHANTOM PRIMARY SECONDARY STANDARD
SYSTEMS TEST THORAX UNKNOWN CLINIC CENTER CENTRE UNIVERSITY RADIOLOGY THE AND VON VAN DER DE
"""
VOCABULARY: Final = frozenset(_VOCABULARY.split())
"""Words that name nobody, although they stand in the name fields of phantoms and tests."""

_NAMING = (
    "PatientName PatientBirthName PatientMotherBirthName OtherPatientNames ReferringPhysicianName "
    "PerformingPhysicianName OperatorsName NameOfPhysiciansReadingStudy PhysiciansOfRecord "
    "RequestingPhysician ResponsiblePerson"
)
NAMING: Final = tuple(_NAMING.split())
"""Attributes whose words are looked for in every text that is kept."""

_IDENTIFYING = (
    "PatientID OtherPatientIDs AccessionNumber PatientAddress PatientTelephoneNumbers "
    "InstitutionName InstitutionAddress StudyID PatientBirthDate StudyDate SeriesDate "
    "AcquisitionDate ContentDate StudyInstanceUID SeriesInstanceUID SOPInstanceUID "
    "DeviceSerialNumber"
)
IDENTIFYING: Final = tuple(_IDENTIFYING.split())
"""Attributes whose whole value is looked for in every text that is kept."""

_TEXTS: Final = frozenset(("LO", "SH", "LT", "ST", "UT", "UC"))


@cache
def rules(options: frozenset[Option] = BASIC.options) -> dict[int, str]:
    """The action for every attribute that is named, by its number; conditional codes as they stand.

    Raises KeyError for a name that DICOM does not know, or one that is named twice.
    """
    table = {
        row.number: _from_table(row.number, row.code(options))
        for row in table_rows()
        if row.number is not None
    }
    named: set[int] = set()
    for action, names in ACTIONS.items():
        for name in names.split():
            number = tag_for_keyword(name)
            if number is None or number in named:
                raise KeyError(f"unknown or repeated attribute in the profile: {name}")
            named.add(number)
            if action == "D" and table.get(number) == "C":
                table[number] = "C"  # retain device identity: as it stands, where it names nobody
            else:
                table[number] = action
    return table


def _from_table(number: int, code: str) -> str:
    """The table's code by what this program can do for the attribute's value representation."""
    try:
        kind = str(dictionary_VR(number))
    except KeyError:  # younger than the dictionary here
        kind = "UN"
    if code == "C" and kind in _TEXTS:
        return "W"
    if code == "C" and kind not in ("DA", "DT"):
        return "X"  # a time of day, a person's traits in words, graphics: removed, never cleaned
    return "C" if code == "K" and kind in _TEXTS else code
