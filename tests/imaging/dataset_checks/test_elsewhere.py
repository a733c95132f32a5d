"""Pictures that another device learnt from are found among one's own tests, and named."""

import numpy as np

from imaging.dataset_checks.elsewhere import IN_TESTS, IN_TRAINING, Elsewhere, seen_elsewhere
from records.dataset_rules import NearDuplicateLimits
from tests.imaging.dataset_checks.made import Picture, dataset, picture, small

FACTS, PICTURES = dataset(80)
FIRST_TEST = int(np.flatnonzero(FACTS["split"] == "internal_test")[0])


def other(pictures: list[Picture], rule: str = IN_TESTS) -> Elsewhere:
    records = tuple(f"INS-9{at:03d}" for at in range(len(pictures)))
    return Elsewhere("lung-fields", rule, "refuse", records, small(pictures))


def strange(count: int) -> list[Picture]:
    rng = np.random.default_rng(77)
    return [picture(rng) for _ in range(count)]


def test_other_pictures_break_nothing() -> None:
    [one] = seen_elsewhere(FACTS, small(PICTURES), [other(strange(30))], NearDuplicateLimits())
    assert (one.passed, one.count, one.n) == (True, 0, 40)


def test_a_test_picture_and_a_darker_copy_are_found_and_training_ones_are_not_looked_for() -> None:
    copies = [
        *strange(5), PICTURES[FIRST_TEST],
        np.clip(PICTURES[79] * 0.8 + 20, 0, 255).astype(np.uint8), PICTURES[0],
    ]
    [one] = seen_elsewhere(FACTS, small(PICTURES), [other(copies)], NearDuplicateLimits())
    assert (one.rule, one.subject, one.count, one.refuses) == (IN_TESTS, "lung-fields", 2, True)
    assert one.groups == ((f"INS-{FIRST_TEST:04d}", "INS-9005"), ("INS-0079", "INS-9006"))
    assert one.said == "2 pictures of the tests in the training of lung-fields (8 images)"


def test_the_reverse_looks_at_what_this_device_learns_from() -> None:
    [one] = seen_elsewhere(
        FACTS, small(PICTURES), [other([PICTURES[0], PICTURES[79]], IN_TRAINING)],
        NearDuplicateLimits(),
    )
    assert (one.count, one.groups) == (1, (("INS-0000", "INS-9000"),))
    assert one.said == "1 picture of the training in the tests of lung-fields (2 images)"
