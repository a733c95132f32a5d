"""What is asked of people, in their words, for each fact that the rules of reporting want to know.

21 CFR 803.3, 803.53, 806.2, 806.10; MDR Art. 2(64), 2(65), 2(68), 87; AI Act Art. 3(49), 73.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "death": "Did the patient die?",
    "serious_injury": "Was there a serious injury?",
    "device_may_have_caused_or_contributed": "May the device have caused it or contributed to it?",
    "fails_performance_spec_or_labeling_claim": "Did it fail its specification or what its "
    "labelling claims?",
    "recurrence_likely_to_cause_death_or_serious_injury": "Would death or serious injury be likely "
    "if it happened again?",
    "remedial_action_needed": "Is action needed at once against an unreasonable risk of "
    "substantial harm to public health?",
    "fda_5day_request": "Has FDA asked for reports within five working days?",
    "malfunction_or_inadequacy": "Did the device malfunction, get worse, or have inadequate "
    "information or features?",
    "harm_occurred": "Was somebody harmed?",
    "could_have_led_to_serious_deterioration": "Could it have led to death or a serious "
    "deterioration of health?",
    "causality": "How likely is it that the device caused it?",
    "unanticipated_serious_deterioration": "Did somebody's health get seriously and unexpectedly "
    "worse?",
    "public_health_threat": "Is it a serious threat to public health?",
    "member_states": "Member states where it happened, two letters each",
    "device_regime": "Under which law of devices does the system stand?",
    "notified_body_required": "Does that law ask for a notified body?",
    "harm": "Which harm was there?",
    "fundamental_rights_infringement": "Were obligations infringed that protect fundamental "
    "rights?",
    "event_date": "Day of the event, as 2026-03-01",
    "member_state": "Member state where it happened, two letters",
    "action": "Was the device corrected or removed?",
    "purpose": "What was that done for?",
    "risk_to_health": "Was there a risk to health?",
    "violation_with_health_risk": "Was it to remedy a violation that may present a risk to health?",
    "device_left_control": "Had the device left the maker's control?",
    "reported_under_803": "Was it reported under 21 CFR 803 already?",
    "fsca": "Is it a field safety corrective action?",
    "urgent": "Could it not wait until it was reported?",
    "member_states_affected": "Member states affected, two letters each",
    "manufacturer_member_state": "Member state of the maker or its representative, two letters",
}
"""By the name of a fact; a test holds that each fact that is asked stands here."""


def option_words(code: str) -> str:
    """A coded value as people read it.

    >>> option_words("REDUCE_RISK_TO_HEALTH"), option_words("true")
    ('reduce risk to health', 'yes')
    """
    return {"true": "yes", "false": "no"}.get(code, code.replace("_", " ").lower())
