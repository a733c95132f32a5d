"""The model under test and how it is measured, as its records and results say."""

from collections.abc import Mapping, Sequence
from typing import Any

from measures.estimate import Estimate
from models.tasks import OF_EACH_CLASS, TASKS
from records.product import ModelVersion
from records.surveillance import EvaluationResult
from regulatory.documents.beyond_facts import BeyondFacts
from regulatory.documents.validation_facts import (
    Claim,
    FeatureFacts,
    IntendedUse,
    Method,
    ModelFacts,
)
from regulatory.documents.wording import NOT_RECORDED, measure_name, spaced
from regulatory.gathering.edition import Basis, name_of
from regulatory.gathering.parameter_words import container_words, settings_told
from regulatory.gathering.phrases import listed, method_words
from regulatory.gathering.task_words import (
    calibration_words,
    definition_words,
    output_words,
    rule_words,
    score_words,
)
from regulatory.gathering.validation_data import input_requirements

NOT_MADE_HERE = "not applicable: made elsewhere"


def main_measure(basis: Basis) -> str:
    """The measure that stands for the others where there is room for one."""
    return TASKS[basis.definition.task.kind].main_measure


def judged_measures(basis: Basis) -> tuple[str, ...]:
    """The measures that something is promised about: claimed, or in an acceptance criterion."""
    names = [main_measure(basis)]
    names += [one.measure for one in basis.definition.claims]
    names += [one.measure for one in basis.definition.acceptance_criteria]
    return tuple(dict.fromkeys(names))


def compared_measures(basis: Basis) -> tuple[str, ...]:
    """Those of them that are of all studies, and so can be set beside another period's."""
    return tuple(one for one in judged_measures(basis) if one not in OF_EACH_CLASS)


def intended_use(basis: Basis) -> IntendedUse:
    """What the device is for and claims, from its accepted definition."""
    definition = basis.definition
    return IntendedUse(
        record=basis.device.label, purpose=definition.intended_purpose,
        users=tuple(definition.users), population=definition.population,
        indications=definition.indications, contraindications=tuple(definition.contraindications),
        input_requirements=input_requirements(basis),
        claims=tuple(
            Claim(one.what, one.value, one.margin, "field data in use")
            for one in definition.claims
        ),
    )


def model_facts(version: ModelVersion, basis: Basis, *, dataset_record: str) -> ModelFacts:
    """The version as training recorded it."""
    model: dict[str, Any] = version.model
    requirements = basis.definition.input_requirements
    calibration = model.get("calibration", {})
    return ModelFacts(
        version=name_of(version),
        inputs=f"one picture ({', '.join(requirements.views) or 'any view'})"
        + _size(model) + _facts(basis) + _outline(basis),
        outputs=output_words(basis.definition.task),
        details=(
            ("Architecture", version.architecture),
            *settings_told(model.get("preprocessing", {}), "Preprocessing"),
            ("Digest of the version", version.version_digest),
            *_service(model, score_words(basis.definition.task.kind)),
            ("Digest of the code", version.code_digest or NOT_MADE_HERE),
            ("Digest of the pipeline's lock file", version.dvc_lock_digest or NOT_MADE_HERE),
            ("Container image", container_words(model.get("container"))),
            ("Commit", version.commit or NOT_MADE_HERE),
        ),
        software=(
            *((name, str(text)) for name, text in model.get("software", {}).items()),
            *_encoder(model.get("encoder", {})),
        ),
        training=_maker(version) if version.made_elsewhere else _training(version),
        operating_point=version.own_operating_point, operating_rule=rule_words(model),
        operating_split="" if version.made_elsewhere else "tuning",
        calibration=calibration_words(version, calibration),
        dataset_record="" if version.made_elsewhere else dataset_record,
        unstated=tuple(model.get("not_stated", ())) if version.made_elsewhere else (),
        features=tuple(
            FeatureFacts(
                one["key"], one["ibsi"], one["name"], one["unit"], one["mean"],
                one["standard_deviation"], one["coefficient"], Estimate.from_dict(one["icc"]),
            )
            for one in model.get("features", ())
        ),
        left_out=tuple(sorted(model.get("left_out", {}).items())),
    )


def _outline(basis: Basis) -> str:
    rules = basis.definition.task.radiomics
    return "" if rules is None else f", at its own size, and the outline of the {rules.region}"


def _encoder(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The weights that a network began with are software of unknown provenance (IEC 62304 8.1.2)
    as a library is: named with version, source and licence."""
    if not facts:
        return ()
    said = "; ".join(
        f"{word} {facts[word]}" for word in ("source", "licence", "method") if facts.get(word)
    )
    return ((
        f"encoder {facts.get('name', NOT_RECORDED)}",
        f"{facts.get('version', NOT_RECORDED)}; {said}; SHA-256 {facts['digest']}",
    ),)


def _facts(basis: Basis) -> str:
    """The clinical facts beside the picture, as they are declared."""
    declared = basis.definition.task.facts or ()
    told = listed(
        f"{one.name.replace('_', ' ')} ({one.system} {one.code}"
        + (f", {one.unit}" if one.unit else "") + f", at most {one.oldest_days:g} days old)"
        for one in declared
    )
    return f"; and clinical facts known by the study: {told}" if declared else ""


def _size(model: dict[str, Any]) -> str:
    declared = model.get("preprocessing", {})
    rows, columns = (
        declared.get(side, model.get("input_size")) for side in ("rows", "columns")
    )
    return f", scaled to {rows} × {columns} pixels" if rows and columns else ""


def _service(model: dict[str, Any], score: str) -> tuple[tuple[str, str], ...]:
    """What serves: engine, arithmetic, file, and how it compares with what was trained."""
    if "onnx_digest" not in model:
        return ()
    found: list[tuple[str, str]] = [
        ("Served by", f"{model['engine']}, {model['precision']}"),
        ("SHA-256 of the ONNX file", str(model["onnx_digest"])),
        ("Strangeness of a study is judged by",
         str(model.get("out_of_distribution", "features of the network"))),
    ]  # fmt: skip
    for split, one in model.get("equivalence", {}).get("splits", {}).items():
        found.append((
            f"Served against trained: {spaced(split)}",
            f"{one['studies']} studies, largest difference of a raw output {one['logit']:.1e}, of "
            f"the {score} {one['score']:.1e}, decisions changed: {one['decisions_changed']}",
        ))  # fmt: skip
    return tuple(found)


def _maker(version: ModelVersion) -> tuple[tuple[str, str], ...]:
    """What the maker of a registered model states, and what is not stated."""
    file, maker = version.model.get("onnx", {}), version.model.get("maker", {})
    return (
        ("Registered at", f"{version.trained_at:%Y-%m-%d %H:%M:%S} UTC"),
        *((f"Maker's statement: {spaced(name)}", str(text)) for name, text in maker.items()),
        *settings_told(file, "ONNX file"),
    )


def _training(version: ModelVersion) -> tuple[tuple[str, str], ...]:
    model = version.model
    apart = ("operating_point", "decode", "threads", "seed")
    chosen = {name: one for name, one in version.params.items() if name not in apart}
    chosen["fit"] = {name: one for name, one in chosen.get("fit", {}).items() if name != "encoder"}
    return (
        ("Trained at", f"{version.trained_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Seed", str(model.get("seed", "not recorded"))),
        ("Threads, processor", f"{model.get('threads', 'not recorded')}, "
                               f"{model.get('cpu_capability', 'not recorded')}"),
        ("Trained on", str(model.get("trained_on", "not recorded"))),
        *_cost(model.get("training_cost", {})),
        *(settings_told(model.get("encoder", {}), "Encoder that the network began with (SOUP)")
          or [("Encoder that the network began with", "none: weights drawn from the seed")]),
        *settings_told(chosen, "Training"),
    )  # fmt: skip


def _cost(cost: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the training took; an older version does not say."""
    if not cost:
        return (("Time and energy of the training", "not recorded"),)
    energy = cost["energy"]
    told = (
        f"{energy['joules'] / 3600:.1f} Wh, {energy['of']}" if "joules" in energy
        else "; ".join(f"{name}: {why}" for name, why in energy.items())
    )
    return (
        ("Time of the training", f"{cost['seconds']:.0f} s"),
        ("Processor time of the training", f"{cost['processor_seconds']:.0f} s, on a machine of "
                                           f"{cost['processors']} processors"),
        ("Interruptions of the training", str(cost["resumed"])),
        ("Energy of the training", told),
    )  # fmt: skip


def methods(results: Sequence[EvaluationResult], kind: str) -> tuple[Method, ...]:
    """How each reported measure is defined, and how its stored intervals were formed."""
    found: dict[str, dict[str, None]] = {}
    for one in results:
        how = found.setdefault(one.measure, {})
        if one.method:
            how[method_words(one.method)] = None
    return tuple(
        Method(name, definition_words(name, kind), listed(how) or "not estimable")
        for name, how in found.items()
    )


def clustering(results: Mapping[str, Sequence[EvaluationResult]], main: str) -> str:
    """What the stored methods say of patients with several studies, with the figures once."""
    overall = [
        (split, one.method) for split, found in results.items() for one in found
        if one.subgroup == "all" and one.measure == main and one.method
    ]
    counted = [
        f"{spaced(split)}: {method.removeprefix(f'{method_words(method)}, ')}"
        for split, method in overall
        if " patients" in method
    ]
    if not overall or not counted:
        return "no patient of a test set has several studies" if overall else ""
    return (
        "where a patient of the group has several studies, the interval counts patients, not "
        f"studies, as independent ({'; '.join(counted)})"
    )


def multiplicity(basis: Basis, beyond: BeyondFacts | None) -> str:
    """How several endpoints are dealt with."""
    said = (
        "no correction: every declared criterion must be met on its own. Subgroups are reported "
        f"for {listed(map(_in_sentence, judged_measures(basis)))}, to describe, not to test"
    )
    if beyond is None or not beyond.groups:
        return said
    return (
        f"{said}; whether they differ at all is tested once, with p-values adjusted by Holm "
        "and by Benjamini-Hochberg; no criterion rests on that"
    )


def _in_sentence(measure: str) -> str:
    """A measure's name inside a sentence: 'lesion sensitivity', but 'AUC at the horizon'."""
    name = measure_name(measure)
    proper = name[:2].isupper() or name.startswith(("Brier", "Matthews"))
    return name if proper else name[:1].lower() + name[1:]
