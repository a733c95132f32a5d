"""The facts of the validation package: functions, catalogue, newest run, newest check."""

from dataclasses import fields

from sqlmodel import Session

from records.audit import SOFTWARE
from records.installation import InstallationCheck
from records.supplied_software import newest_soup_review
from records.test_runs import TestRun, newest_test_run
from records.vault import file_digest
from regulatory.documents.product_validation_facts import CheckEntry, FunctionEntry, PackageFacts
from regulatory.documents.registry import PRODUCT_VALIDATION
from regulatory.documents.trace_facts import RequirementEntry
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.soup_list import newest_check, review_entry
from regulatory.gathering.trace_matrix import results_of, run_facts
from regulatory.product_functions import FUNCTIONS, read_product
from regulatory.soup import LIST, LOCK
from regulatory.trace_matrix import FAILED
from regulatory.traceability import CATALOGUE, Requirement, read_catalogue


def gather_own(session: Session, basis: Basis) -> PackageFacts:
    """What this software is for, each requirement with its tests and their last result."""
    product, catalogue = read_product(), read_catalogue()
    run, check = newest_test_run(session), newest_check(session)
    lock, listed = file_digest(LOCK), file_digest(LIST)
    review = newest_soup_review(session, lock)
    return PackageFacts(
        edition=edition_of(PRODUCT_VALIDATION, basis),
        traces=(
            trace("2", "the run of tests that was imported last", [run] if run else []),
            trace("3", "the run of tests that was imported last", [run] if run else []),
            trace("4", "the run of tests that was imported last", [run] if run else []),
            trace("5", "the last check of the installation", [check] if check else []),
            trace("7", "the newest review of the present lock", [review] if review else []),
        ),
        software=SOFTWARE, catalogue_version=catalogue.version,
        functions_digest=file_digest(FUNCTIONS), catalogue_digest=file_digest(CATALOGUE),
        purpose=product.intended_purpose.strip(), not_for=product.not_for.strip(),
        functions=tuple(
            FunctionEntry(**{one.name: getattr(each, one.name) for one in fields(FunctionEntry)})
            for each in product.functions
        ),
        sections=tuple(
            (section.title, tuple(_row(row, run) for row in section.rows))
            for section in catalogue.sections
        ),
        run=run_facts(run),
        failed=tuple(sorted(name for name, said in run.outcomes.items() if said == FAILED))
        if run else (),
        check=_check(check), lock_digest=lock,
        review=review_entry(session, review, lock, listed) if review else None,
    )  # fmt: skip


def _row(row: Requirement, run: TestRun | None) -> RequirementEntry:
    tests = tuple(run.tags.get(row.id, ())) if run else ()
    return RequirementEntry(
        id=row.id, title=row.title, citation=row.citation, needs=(), risks=(), controls=(),
        design=row.control.strip(), code=(), tests=results_of(tests, run), missing=row.missing,
    )


def _check(check: InstallationCheck | None) -> CheckEntry | None:
    if check is None:
        return None
    return CheckEntry(
        check.label, check.checked_at, check.checked_by, check.sound,
        tuple((str(one["name"]), str(one["state"]), str(one["words"])) for one in check.points),
    )
