"""Which attributes of a DICOM file may stay, as data: a reviewer reads this table, not the code.

After PS3.15 Annex E, Table E.1-1 (Basic Application Level Confidentiality Profile) with the
options Retain Longitudinal Temporal Information with Modified Dates, Retain Patient
Characteristics (age and sex), and the device's make, model and software of Retain Device Identity.
It is stricter than the standard where a file holds something that the table does not name: free
text, names, times, addresses, dates and unknown binary are removed, never kept by default.

Action codes are the standard's: X removed, Z emptied, D replaced by a pseudonym, U identifier
replaced consistently, C cleaned (dates shifted, text kept only where it holds no identifier),
K kept.
"""

from collections.abc import Mapping
from typing import Final

from pydicom.datadict import tag_for_keyword

PROFILE: Final = "Radvigil basic 1"
"""Name and version of this table; stands in every de-identified file."""

ACTIONS: Final[Mapping[str, str]] = {
    "Z": """
        AccessionNumber PatientBirthDate ReferringPhysicianName StudyID StudyTime
    """,
    "D": """
        PatientID PatientName DeviceSerialNumber DetectorID StationName
        SecondaryCaptureDeviceID GantryID
    """,
    "U": """
        StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID
        ReferencedSOPInstanceUID ReferencedFrameOfReferenceUID SynchronizationFrameOfReferenceUID
        ConcatenationUID IrradiationEventUID InstanceCreatorUID DimensionOrganizationUID DeviceUID
    """,
    "C": """
        StudyDate SeriesDate AcquisitionDate ContentDate AcquisitionDateTime
        Manufacturer ManufacturerModelName SoftwareVersions BodyPartExamined
        PatientSpeciesDescription
        DetectorManufacturerName DetectorManufacturerModelName SecondaryCaptureDeviceManufacturer
        SecondaryCaptureDeviceManufacturerModelName SecondaryCaptureDeviceSoftwareVersions
        AcquisitionDeviceProcessingCode ConvolutionKernel RescaleType FilterType
        PixelSpacingCalibrationDescription WindowCenterWidthExplanation ModalityLUTType
        LUTExplanation CodeValue CodeMeaning CodingSchemeDesignator CodingSchemeVersion
    """,
    "K": """
        SpecificCharacterSet SOPClassUID ReferencedSOPClassUID Modality PatientSex PatientAge
        PatientSize PatientWeight ImageType ViewPosition PatientOrientation Laterality
        ImageLaterality PhotometricInterpretation PresentationIntentType PresentationLUTShape
        BurnedInAnnotation PixelData LUTData LUTDescriptor LossyImageCompressionMethod
        RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
        BluePaletteColorLookupTableData InstanceNumber SeriesNumber AcquisitionNumber
    """,
    "X": """
        AcquisitionComments AcquisitionContextSequence AcquisitionProtocolDescription
        ActualHumanPerformersSequence AdditionalPatientHistory AdmittingDate AdmissionID
        AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription AffectedSOPInstanceUID
        Allergies AuthorObserverSequence BranchOfService CassetteID ConfidentialityCode
        ConsultingPhysicianIdentificationSequence ContainerIdentifier ContentCreatorName
        ContentCreatorIdentificationCodeSequence ContentSequence ContributingEquipmentSequence
        CountryOfResidence CurrentPatientLocation CustodialOrganizationSequence
        DataSetTrailingPadding DerivationDescription DigitalSignaturesSequence
        EncryptedAttributesSequence EthnicGroup FillerOrderNumberImagingServiceRequest
        GraphicAnnotationSequence HumanPerformerCodeSequence HumanPerformerName IconImageSequence
        IdentifyingComments ImageComments InstitutionAddress InstitutionCodeSequence
        InstitutionName InstitutionalDepartmentName InstitutionalDepartmentTypeCodeSequence
        InsurancePlanIdentification IntendedRecipientsOfResultsIdentificationSequence
        InterpretationApproverSequence IssuerOfAdmissionIDSequence
        IssuerOfAccessionNumberSequence IssuerOfPatientID IssuerOfPatientIDQualifiersSequence
        LastMenstrualDate MACParametersSequence MedicalAlerts MedicalRecordLocator MilitaryRank
        ModifiedAttributesSequence NameOfPhysiciansReadingStudy Occupation
        OperatorIdentificationSequence OperatorsName OriginalAttributesSequence
        OtherPatientIDs OtherPatientIDsSequence OtherPatientNames ParticipantSequence
        PatientAddress PatientBirthName PatientBirthTime PatientComments
        PatientInsurancePlanCodeSequence PatientInstitutionResidence
        PatientMotherBirthName PatientPrimaryLanguageCodeSequence
        PatientReligiousPreference PatientSexNeutered PatientState PatientTelephoneNumbers
        PatientTransportArrangements PerformedLocation PerformedProcedureStepDescription
        PerformedProcedureStepEndDate PerformedProcedureStepID PerformedProcedureStepStartDate
        PerformedProtocolCodeSequence PerformingPhysicianIdentificationSequence
        PerformingPhysicianName PersonAddress PersonIdentificationCodeSequence PersonName
        PersonTelephoneNumbers PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence
        PhysiciansReadingStudyIdentificationSequence PlacerOrderNumberImagingServiceRequest
        PlateID PregnancyStatus ProcedureCodeSequence ProtocolName ReasonForStudy
        ReasonForTheRequestedProcedure ReasonForRequestedProcedureCodeSequence
        ReferencedDigitalSignatureSequence ReferencedImageSequence ReferencedPatientAliasSequence
        ReferencedPatientSequence ReferencedPerformedProcedureStepSequence
        ReferencedSOPInstanceMACSequence ReferencedStudySequence ReferringPhysicianAddress
        ReferringPhysicianIdentificationSequence ReferringPhysicianTelephoneNumbers
        RegionOfResidence RequestAttributesSequence RequestedProcedureCodeSequence
        RequestedProcedureComments RequestedProcedureDescription RequestedProcedureID
        RequestingPhysician RequestingService ResponsibleOrganization ResponsiblePerson
        ResultsComments ReviewerName ScheduledProcedureStepDescription SeriesDescription
        ServiceEpisodeDescription ServiceEpisodeID SmokingStatus SourceImageSequence
        SpecialNeeds StudyComments StudyDescription TextComments TextString TimezoneOffsetFromUTC
        TopicSubject UniversalEntityID VerifyingObserverName VerifyingObserverSequence
        VerifyingOrganization VisitComments
    """,
}

BY_REPRESENTATION: Final[Mapping[str, str]] = {
    **dict.fromkeys(("CS", "DS", "IS"), "N"),  # kept where they hold a code or a number
    **dict.fromkeys(
        ("AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS", "US or OW",
         "US or SS or OW"), "K",
    ),
    "UI": "U",
    "SQ": "Q",  # looked into, item by item
}  # fmt: skip
"""What becomes of an attribute that the table does not name, by its value representation (VR);
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
    "RequestingPhysician"
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


def rules() -> dict[int, str]:
    """The table by attribute number; refuses a name that DICOM does not know."""
    table: dict[int, str] = {}
    for action, names in ACTIONS.items():
        for name in names.split():
            number = tag_for_keyword(name)
            if number is None or number in table:
                raise KeyError(f"unknown or repeated attribute in the profile: {name}")
            table[number] = action
    return table
