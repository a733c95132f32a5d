"""``radvigil NOUN VERB``: the command line. A noun's module is read only when the noun is called.

Exit codes: 0 done, 1 refused, 2 usage or invalid input, 3 integrity broken, 130 interrupted.
"""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from cli.failures import report_failure
from cli.options import refuse_empty_paths

INTERRUPTED = 130
"""128 and the number of the signal, as shells count it."""


class Noun(NamedTuple):
    """A line of the help, and the module that is read when it is called."""

    help: str
    panel: str
    module: str


START, PRODUCT, WATCH, CONTROL = "Start here", "The product", "Surveillance", "Control"

NOUNS: dict[str, Noun] = {
    "demo": Noun("One whole life of a device, from radiographs to signed documents.", START,
                 "cli.demo"),
    "serve": Noun("Open the dashboards in a browser on this machine.", START, "cli.serve"),
    "find": Noun("What has this identifier: a record, document, version, event, rule.", START,
                 "cli.find"),
    "device": Noun("The regulated product: its definition and promises.", PRODUCT, "cli.device"),
    "site": Noun("Where studies are made and the device runs.", PRODUCT, "cli.site"),
    "node": Noun("The DICOM node: which systems may send, and receiving what they send.", PRODUCT,
                 "cli.node"),
    "hl7": Noun("HL7 v2 from the RIS: merges and updates of patients, orders, results.", PRODUCT,
                "cli.hl7"),
    "report": Noun("Radiologists' reports: taken in, read by rules, beside the device.", PRODUCT,
                   "cli.report"),
    "gateway": Noun("The prediction service over HTTP, for a hospital's programs.", PRODUCT,
                    "cli.gateway"),
    "reader": Noun("Readers answer results: links, their page, and what was answered.", PRODUCT,
                   "cli.reader"),
    "external": Noun("Another maker's product, watched by the results that it sends.", PRODUCT,
                     "cli.external"),
    "study": Noun("Take in DICOM studies; see what was refused and why.", PRODUCT, "cli.study"),
    "dataset": Noun("Frozen sets of studies with their split.", PRODUCT, "cli.dataset"),
    "model": Noun("Model versions, and the stages that make them.", PRODUCT, "cli.model"),
    "pipeline": Noun("Routine work by Dagster: runs, failures, last successes, schedules.",
                     PRODUCT, "cli.pipeline"),
    "radiomics": Noun("Radiomic features of outlined regions, by their IBSI names.", PRODUCT,
                      "cli.radiomics"),
    "monitor": Noun("Run and read a day's surveillance.", WATCH, "cli.monitor"),
    "alert": Noun("Charts that signalled: acknowledge, close.", WATCH, "cli.alert"),
    "suspension": Noun("Use of a device suspended at a site: propose, confirm, resume.", WATCH,
                       "cli.suspension"),
    "capa": Noun("Corrective and preventive actions: list, check, open, advance, import.", CONTROL,
                 "cli.capa"),
    "work": Noun("What is owed, by whom and until when: list, calendar, remind, override.",
                 CONTROL, "cli.work"),
    "complaint": Noun("Complaints: receive, assess, link, close, import.", CONTROL,
                      "cli.complaint"),
    "incident": Noun("Incidents: who must be told in which jurisdiction, and by when.", CONTROL,
                     "cli.incident"),
    "adjudication": Noun("Blinded second readings, and performance by what they say.", WATCH,
                         "cli.adjudication"),
    "measure": Noun("Plan a measurement: how many studies a revalidation needs.", WATCH,
                    "cli.measure"),
    "rule": Noun("What the law asks: rules and clocks applied to facts, with sources.", CONTROL,
                 "cli.rule"),
    "submission": Noun("Forms of authorities, filled from facts; what is missing by number.",
                       CONTROL, "cli.submission"),
    "field-action": Noun("Corrections and removals in the field: who was told, answered, is done.",
                         CONTROL, "cli.field_action"),
    "risk": Noun("The risk file: hazards, controls, observed rates beside the estimates.", CONTROL,
                 "cli.risk"),
    "trace": Noun("Traceability: needs, requirements, risk controls, tests, results, gaps.",
                  CONTROL, "cli.trace"),
    "soup": Noun("Software of others: the list, its review, advisories and what was decided.",
                 CONTROL, "cli.soup"),
    "problem": Noun("Problem reports and known anomalies of a version.", CONTROL, "cli.problem"),
    "change": Noun("Change requests: sign, release, refuse, take back.", CONTROL, "cli.change"),
    "rollout": Noun("A change brought to the sites stage by stage, beside what is live.", CONTROL,
                    "cli.rollout"),
    "go-live": Noun("A version tried at a site before it runs live there.", CONTROL, "cli.go_live"),
    "fact": Noun("Facts for documents: sales, searches, claims, PMCF, plan, organisations.",
                 CONTROL, "cli.fact"),
    "document": Noun("Reports that are nothing but records set in type.", CONTROL, "cli.document"),
    "audit": Noun("The audit trail: verify, show, export.", CONTROL, "cli.audit"),
    "token": Noun("Tokens by which programs outside act as services.", CONTROL, "cli.token"),
    "notice": Noun("What administrators are told of, and their answers.", CONTROL, "cli.notice"),
    "backup": Noun("Everything in one encrypted file, taken while work goes on.", CONTROL,
                   "cli.backup"),
    "restore": Noun("A workspace from a backup, in an empty place, verified.", CONTROL,
                    "cli.restore"),
    "retention": Noun("Until when what is kept; legal holds; deletion by two people.", CONTROL,
                      "cli.retention"),
    "identity": Noun("Who is behind a pseudonym: grant, ask, report, destroy the mapping.", CONTROL,
                     "cli.identity"),
    "breach": Noun("Data breaches: record, who must be told and by when, close.", CONTROL,
                   "cli.breach"),
    "open-sealed": Noun("Unpack an export that left sealed, and check every file.", CONTROL,
                        "cli.open_sealed"),
    "reseal": Noun("Seal a backup or a sealed export anew, with another key.", CONTROL,
                   "cli.reseal"),
    "install": Noun("This installation: verify it, migrate its records.", CONTROL,
                    "cli.install"),
    "user": Noun("People: add, list, qualify, unlock, deactivate, sign in, sign out.", CONTROL,
                 "cli.user"),
}


class LazyGroup(TyperGroup):
    """Lists every noun from :data:`NOUNS`; reads the module of the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        refuse_empty_paths(self)
        for name, noun in NOUNS.items():
            self.add_command(
                TyperCommand(name, help=noun.help, rich_help_panel=noun.panel), name
            )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command in place of the line of the help."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_noun(name) if name in NOUNS else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; a refusal or Ctrl+C becomes one sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):
            typer.echo("radvigil: interrupted; what was finished is kept.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as failure:
            raise typer.Exit(report_failure(failure, home=ctx.params.get("home"))) from failure


def load_noun(name: str) -> Any:
    """The command of a noun, from its module."""
    command: Any = typer.main.get_command(import_module(NOUNS[name].module).app)
    command.name = name
    for verb in (command, *getattr(command, "commands", {}).values()):
        verb.help = unwrapped(verb.help or "")
        refuse_empty_paths(verb)
    return command


def unwrapped(text: str) -> str:
    """Paragraphs as single lines, so that the help is wrapped at the terminal's width only."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"radvigil {version('radvigil')}")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 done, 1 refused, 2 usage or invalid input, 3 integrity broken, "
    "130 interrupted."
)
def radvigil(
    home: Annotated[
        Path | None,
        typer.Option(help="The workspace; else RADVIGIL_HOME, else the nearest one above here."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True,
                           help="Show the version and leave.")
    ] = False,
) -> None:
    """Post-market surveillance of radiology AI: every figure traceable to a record."""


def main() -> None:
    """The program ``radvigil``."""
    app(prog_name="radvigil")
