"""The page behind a link in a result, as HTML: one form, no script, nothing from elsewhere."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from journeys.answer_results import ResultShown
from records.reader_answers import BEFORE, REASONS, WITH
from records.reader_link_acts import Standing

STYLE: Final = """
:root { color-scheme: light; }
body { margin: 0; background: #F3F6F8; color: #17242F; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
.below, .small { color: #4A5A68; margin: 0 0 1rem; } .small { font-size: .9rem; }
.card { background: #fff; border: 1px solid #CBD5DD; border-top: 4px solid #8796A3;
  padding: 1rem 1.2rem; margin: 0 0 1rem; }
.said { border-top-color: #0072B2; } .said p { font-size: 1.1rem; margin: 0 0 .5rem; }
.banner { background: #FFF4D6; border: 1px solid #C98A00; border-left: 6px solid #C98A00;
  color: #4A3500; padding: .5rem .9rem; margin: 0 0 1rem; font-weight: 600; }
.wrong { border-left: 6px solid #B34700; }
fieldset { border: 0; padding: 0; margin: 0 0 .8rem; } legend { padding: 0; }
.order label { display: inline-block; margin-right: 1.2rem; padding: .15rem 0; }
label { display: block; padding: .35rem 0; } input[type=radio] { margin-right: .5rem; }
select { font: inherit; padding: .35rem; max-width: 100%; }
button { font: inherit; font-weight: 600; padding: .6rem 1.2rem; border: 0; color: #fff;
  background: #00694E; cursor: pointer; border-radius: 3px; }
button.change { background: #005A8C; } button.reject { background: #B34700; }
button:focus-visible, select:focus-visible, input:focus-visible { outline: 3px solid #0072B2;
  outline-offset: 2px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { color: #4A5A68; } dd { margin: 0; overflow-wrap: anywhere; }
"""

STYLE_SOURCE: Final = f"'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
"""What the content security policy allows: this style and no other."""

ENDED: Final = {
    Standing.USED: ("This result was answered", "The link was used. It counts once; a correction "
                    "needs a new link from your department."),
    Standing.EXPIRED: ("This link has expired", "Its days are over and nothing was recorded by it. "
                       "Ask your department for a new one."),
    Standing.WITHDRAWN: ("This link was withdrawn", "Nothing was recorded by it. The result was "
                         "answered by another link, or the link went to the wrong reader."),
    Standing.UNKNOWN: ("This link is not known", "It may be cut short: open it again from the "
                       "result, whole. Nothing was recorded."),
}  # fmt: skip
"""What the page of a link says that does not count any more."""


def plain_page(title: str, words: str) -> str:
    """A page that says one thing."""
    return _page(title, f'<div class="card"><h1>{escape(title)}</h1><p>{escape(words)}</p></div>')


def answer_page(shown: ResultShown, seen: str, *, action: str, wrong: str = "") -> str:
    """The page of an open link: what the device said, and the three answers.

    seen: what shows that a form was sent from this page. action: where the answers go. wrong: what
    was wrong with the answer before.
    """
    said, task = shown.statement, shown.task
    halted = f"Do not rely on this result: {shown.suspended}." if shown.suspended else ""
    marks = "".join(
        f'<div class="banner" role="alert">{escape(one)}</div>' for one in (halted, *said.marks)
        if one
    )
    facts = {
        "Study": shown.study, "Device": said.trade_name, "Version": said.model_version,
        "Read": f"{said.read_at:%Y-%m-%d %H:%M} UTC", "Addressed to": shown.reader,
        "Counts until": f"{shown.expires_at:%Y-%m-%d %H:%M} UTC",
    }
    told = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    error = f'<div class="card wrong" role="alert">{escape(wrong)}</div>' if wrong else ""
    others = [one for one in task.choices if task.meant(one) != task.meant_by_device]
    meant = f'<input type="hidden" name="seen" value="{escape(seen)}">'
    return _page("Answer a result", f"""{marks}{error}
<h1>What do you say of this result?</h1>
<p class="below">Your answer is used to watch the device. It is no report and no signature.</p>
<div class="card said"><h2>The device said</h2><p>{escape(said.answer)}</p><dl>{told}</dl></div>
<form class="card" method="post" action="{escape(action)}">{meant}
<h2>Accept: I say the same</h2>
{_order("accept")}<button name="response" value="accepted">Accept</button></form>
<form class="card" method="post" action="{escape(action)}">{meant}
<h2>Change: the output is of use, and I say something else</h2>
{_select("choice", "I say", others)}{_order("change")}
<button class="change" name="response" value="changed">Change</button></form>
<form class="card" method="post" action="{escape(action)}">{meant}
<h2>Reject: the output is not to be used</h2>
{_select("reason", "Why", list(REASONS))}{_select("choice", "I say", list(task.choices))}
{_order("reject")}<button class="reject" name="response" value="rejected">Reject</button></form>
<p class="small">Opening this page records nothing. An answer counts once and is recorded as given
by {escape(shown.reader)}, whose identity is not verified by a link.</p>""")


def _order(of: str) -> str:
    """When the study was read; each form has its own."""
    rows = "".join(
        f'<label><input type="radio" name="reading_order" value="{value}" id="{of}-{at}"'
        f'{" checked" if value == WITH else ""}>{words}</label>'
        for at, (value, words) in enumerate((
            (WITH, "with the device's output in view"),
            (BEFORE, "before I saw the device's output"),
        ))
    )
    return f'<fieldset class="order"><legend>I read the study</legend>{rows}</fieldset>'


def _select(name: str, legend: str, values: list[str]) -> str:
    options = "".join(f'<option value="{escape(one)}">{escape(one)}</option>' for one in values)
    return (
        f'<fieldset><label>{legend} <select name="{name}" required>'
        f'<option value="">choose</option>{options}</select></label></fieldset>'
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
