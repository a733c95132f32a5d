"""The page of validations shows what the validation report shows, images of failures among it."""

from records.store import Store
from records.surveillance import VALIDATION, Evaluation, EvaluationResult
from records.vault import Vault
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY
from tests.journeys.tiny_images import image

MEETING = "internal test: sex and age=F, 40 to under 65"


def failure(digest: str, number: int, **more: object) -> dict[str, object]:
    return {
        "image": f"INS-{number:04d}", "site": "north hospital", "score": 0.04, "measure": "score",
        "words": "", "study": f"STU-{number:04d}", "digest": digest, "truth": "pneumonia",
        "region": "", "letters": [], "withheld": "", "device": {},
    } | more  # fmt: skip


def validate(store: Store) -> None:
    """A validation with three failures, one intersection and one shortcut test."""
    vault = Vault(store.workspace.vault)
    digests = [vault.put(image(number)) for number in (1, 2)]
    figures = {
        "failures": {"false_negative": [
            failure(digests[0], 1), failure(digests[1], 2),
            failure("f" * 64, 3, withheld="the file declares letters in its pixels"),
        ]},
        "intersections": [{
            "part": "internal test", "groups": 6, "too_small": 5, "shown": [["auc", MEETING]],
            "worst": [], "tests": [], "conclusion": "No difference is shown.",
        }],
        "shortcut_tests": [{"test": "shortcut test: within strata", "shown": [],
                            "conclusion": "The AUC falls within site."}],
        "not_asked": {"clinicians' readings": "none is on record"},
    }  # fmt: skip
    with store.transaction("service:evaluation", "validate", now=TODAY) as tx:
        made = Evaluation(
            model_version_id=1, purpose=VALIDATION, attempt=1, studies=120, patients=118,
            figures=figures, inputs_digest="6" * 64, evaluated_at=TODAY,
        )
        tx.add(made)
        tx.flush()
        tx.add(EvaluationResult(
            evaluation_id=made.id, measure="auc", subgroup=MEETING, n=44, value=0.81, low=0.66,
            high=0.9, level=0.95, method="DeLong",
        ))  # fmt: skip


def test_without_a_validation_the_page_says_how_to_make_one(visit: Visit, records: Store) -> None:
    words = text_of(visit("demo.quality", "validations"))
    assert "radvigil model validate" in words


def test_the_worst_failures_are_shown_and_described(visit: Visit, records: Store) -> None:
    validate(records)
    app = visit("demo.quality", "validations")
    assert not app.exception
    words = text_of(app)
    for expected in (
        "chest-1.0 (MDV-0001)", "data:image/svg+xml;base64,",
        "INS-0001 of STU-0001: truth pneumonia",
        "not shown: the file declares letters in its pixels", "sex and age: F, 40 to under 65",
        "0.810 (95 % CI 0.660 to 0.900; n = 44)", "The AUC falls within site.",
        "5 of them not estimable", "none is on record",
    ):  # fmt: skip
        assert expected in words, expected
