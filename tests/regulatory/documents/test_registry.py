"""Which document fits which device."""


import pytest

from records.errors import NotFound, Refused
from regulatory.documents.registry import (
    DOCUMENTS,
    RISK_CLASSES,
    require_applicable,
    require_placed,
)


@pytest.mark.parametrize("risk_class", RISK_CLASSES)
@pytest.mark.parametrize(
    "kind", ["validation_report", "performance_monitoring_report", "change_log", "audit_export"]
)
def test_the_four_documents_fit_every_class(kind: str, risk_class: str) -> None:
    assert require_applicable(kind, risk_class) is DOCUMENTS[kind]


@pytest.mark.parametrize("risk_class", ["IIa", "IIb", "III"])
def test_a_pms_report_is_refused_above_class_i_and_the_psur_is_named(risk_class: str) -> None:
    with pytest.raises(Refused, match=r"is for class I and .* class II?.*Art\. 85.*PSUR"):
        require_applicable("pms_report", risk_class)


def test_a_psur_is_refused_for_class_i_and_the_pms_report_is_named() -> None:
    with pytest.raises(Refused, match=r"class IIa and IIb and III.*Art\. 86.*Post-market"):
        require_applicable("psur", "I")


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="validation_report"):
        require_applicable("validation-report", "IIa")
    with pytest.raises(NotFound, match="IIb"):
        require_applicable("psur", "2a")


def test_codes_are_unique_and_each_kind_has_a_legal_basis() -> None:
    codes = [one.code for one in DOCUMENTS.values()]
    assert len(set(codes)) == len(codes)
    assert all(one.legal_basis for one in DOCUMENTS.values())


def test_what_only_one_market_asks_for_is_refused_to_a_device_of_another() -> None:
    require_placed("fda_submission_sections", None)  # the definition does not say where
    require_placed("fda_submission_sections", ("EU", "US"))
    require_placed("technical_documentation", ("EU",))
    with pytest.raises(Refused, match="asked for in US, and the device is placed in EU only"):
        require_placed("fda_submission_sections", ("EU",))
