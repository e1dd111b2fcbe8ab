"""The command line: ``python -m prrt_lib COMMAND``. It parses arguments and passes them on."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from prrt_lib.base.errors import PrrtError
from prrt_lib.base.paths import PROJECT

Handler = Callable[[argparse.Namespace], int]


def run(given: argparse.Namespace) -> int:
    from prrt_lib.declare.parameters import load
    from prrt_lib.run.scenario import run as run_scenario
    from prrt_lib.tools.site import Site

    run_scenario(
        load(given.parameters), given.out, given.jobs, say=_say,
        site=Site(signing="prrt_lib.tools.sign_off"), pages=not given.no_site,
    )  # fmt: skip
    return 0


def check(given: argparse.Namespace) -> int:
    from prrt_lib.tools.check import check as check_workbook

    _, text = check_workbook(given.workbook, given.profile, given.cutoff)
    _say(text)
    return 0


def queries(given: argparse.Namespace) -> int:
    from prrt_lib.declare.parameters import load
    from prrt_lib.tools.queries.asking import queries as write_queries

    write_queries(load(given.parameters), given.out, say=_say)
    return 0


def answers(given: argparse.Namespace) -> int:
    from prrt_lib.declare.parameters import load
    from prrt_lib.tools.queries.asking import take_answers

    take_answers(load(given.parameters), given.workbook, say=_say)
    return 0


def agree(given: argparse.Namespace) -> int:
    from prrt_lib.tools.agree import agree as compare

    _, text = compare(given.first, given.second, given.profile, given.profile_b, given.out)
    _say(text)
    return 0


def compare(given: argparse.Namespace) -> int:
    # Small matrices: more threads only cost time, and may move a last digit.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from prrt_lib.tools.compare.comparison import compare as compare_runs
    from prrt_lib.tools.compare.report import summary, write_page

    asked = (given.tolerance, given.attribute, given.all)
    found = compare_runs(given.before, given.after, *asked, say=_aside)
    _say(summary(found))
    if given.out:
        _say(f"page: {write_page(found, given.out)}")
    return found.exit_code


def trace(given: argparse.Namespace) -> int:
    from prrt_lib.study.tracing import CELL
    from prrt_lib.tools import trace as trace_command

    if "!" in given.row or CELL.match(given.row):
        _say(trace_command.touched(given.row, given.scenario, given.out, given.csv))
    else:
        _say(trace_command.trace(given.row, given.scenario, given.out, given.whole, given.csv))
    return 0


def sign_off(given: argparse.Namespace) -> int:
    from prrt_lib.base.paths import Places
    from prrt_lib.tools.sign_off import merge

    _say(merge(given.files, Places(given.scenario, given.out.resolve())).report)
    return 0


def redcap_dictionary(given: argparse.Namespace) -> int:
    from prrt_lib.tools.redcap import write_dictionary

    _say(f"REDCap data dictionary: {write_dictionary(given.out)}")
    return 0


def profile(given: argparse.Namespace) -> int:
    from prrt_lib.tools.draft.profile import draft

    text = draft(given.workbook, given.dictionary)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
        _say(
            f"draft written to {given.out}; settle every TODO, then run `python -m prrt_lib check`"
        )
    else:
        _say(text)
    return 0


def template(given: argparse.Namespace) -> int:
    from prrt_lib.tools.template import write_template

    write_template(given.out)
    _say(f"blank abstraction workbook: {given.out}")
    return 0


def document(given: argparse.Namespace) -> int:
    from prrt_lib.tools.docs import write_pages

    for path in write_pages(given.out):
        _say(str(path))
    return 0


def demo_data(given: argparse.Namespace) -> int:
    from demo import demo_data as write_demo

    for path in write_demo(PROJECT, n=given.n, seed=given.seed, model=given.model, out=given.out):
        _say(str(path))
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    root = argparse.ArgumentParser(prog="python -m prrt_lib", description="PRRT outcome study")
    commands = root.add_subparsers(dest="command", required=True)
    one = _add(commands, "run", run, "run a scenario from workbook to report")
    one.add_argument("parameters", type=Path, help="scenario file, params/<scenario>.yaml")
    one.add_argument("--out", type=Path, default=PROJECT, help="output root (the project)")
    one.add_argument("--jobs", type=int, default=2, help="notebooks side by side (2)")
    one.add_argument("--no-site", action="store_true", help="leave out the reviewer's site")
    one = _add(commands, "check", check, "findings of a workbook, without running a notebook")
    one.add_argument("workbook", type=Path, help="a workbook, or a scenario's file (.yaml)")
    one.add_argument("--profile", default="", help="name in params/profiles, or a path")
    one.add_argument("--cutoff", default="", help="data cut-off: asks what a run would ask")
    one = _add(commands, "queries", queries, "write findings.xlsx for abstractors")
    one.add_argument("parameters", type=Path, help="scenario file, params/<scenario>.yaml")
    one.add_argument("--out", type=Path, default=PROJECT, help="output root (the project)")
    one = _add(commands, "answers", answers, "take in the answers of a returned findings.xlsx")
    one.add_argument("parameters", type=Path, help="scenario file, params/<scenario>.yaml")
    one.add_argument("workbook", type=Path, help="the returned findings.xlsx")
    one = _add(commands, "agree", agree, "agreement of two abstractions of the same patients")
    one.add_argument("first", type=Path, help="workbook of the first abstractor")
    one.add_argument("second", type=Path, help="workbook of the second abstractor")
    one.add_argument("--profile", required=True, help="name in params/profiles, or a path")
    one.add_argument("--profile-b", default="", help="profile of the second, where it differs")
    one.add_argument("--out", type=Path, default=Path(), help="folder for the two tables (.)")
    one = _add(commands, "compare", compare, "what changed between two finished runs")
    place = "data/processed/SCENARIO, OUT:SCENARIO, or a scenario below the project"
    one.add_argument("before", metavar="A", help=place)
    one.add_argument("after", metavar="B", help=place)
    one.add_argument("--tolerance", type=float, default=1e-9, help="relative (1e-9)")
    text = "apply each patient's edits alone to A, of up to 50 patients"
    one.add_argument("--attribute", action="store_true", help=text)
    one.add_argument("--all", action="store_true", help="the same, however many patients")
    one.add_argument("--out", type=Path, help="page to write, FILE.html")
    text = "which cells a number was read from, or which numbers a cell touches"
    one = _add(commands, "trace", trace, text)
    one.add_argument("row", help="row_id of a result row, or a cell such as 'Sheet!B12'")
    one.add_argument("--scenario", default="demo", help="a scenario that was run (demo)")
    one.add_argument("--out", type=Path, default=PROJECT, help="output root (the project)")
    text = "with the cells of all records that decide who is analysed"
    one.add_argument("--whole", action="store_true", help=text)
    one.add_argument("--csv", type=Path, help="file for all lines")
    one = _add(commands, "sign-off", sign_off, "check and merge the sign-off files of reviewers")
    one.add_argument("files", type=Path, nargs="+", help="files saved from the pages")
    one.add_argument("--scenario", required=True, help="a scenario that was run")
    one.add_argument("--out", type=Path, default=PROJECT, help="output root (the project)")
    text = "write the data dictionary for import into REDCap"
    one = _add(commands, "redcap-dictionary", redcap_dictionary, text)
    one.add_argument("--out", type=Path, default=Path("redcap-dictionary.csv"))
    one = _add(commands, "profile", profile, "draft a profile of a new workbook")
    one.add_argument("workbook", type=Path)
    one.add_argument("--out", type=Path, help="file to write; standard output otherwise")
    text = "REDCap data dictionary, where the workbook is a CSV export of REDCap"
    one.add_argument("--dictionary", default="", help=text)
    one = _add(commands, "template", template, "write the blank abstraction workbook")
    one.add_argument("--out", type=Path, default=PROJECT / "data" / "abstraction-template.xlsx")
    one = _add(commands, "document", document, "write the generated pages of docs/")
    one.add_argument("--out", type=Path, default=PROJECT / "docs")
    one = _add(commands, "demo-data", demo_data, "write the synthetic workbooks")
    one.add_argument("--out", type=Path, default=PROJECT / "data" / "raw")
    one.add_argument("--n", type=int, default=135, help="treated patients (135)")
    one.add_argument("--seed", type=int, default=None)
    one.add_argument("--model", default="default", help="default or grade_dependent_lag")
    return root


def _add(commands, name: str, handler: Handler, text: str) -> argparse.ArgumentParser:
    one = commands.add_parser(name, help=text, description=text)
    one.set_defaults(handler=handler)
    return one


def _say(text: str) -> None:
    print(text, flush=True)


def _aside(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _internal(command: str, error: Exception) -> int:
    """An error nobody foresaw: its kind and place, never its text, which may quote a cell."""
    if os.environ.get("PRRT_DEBUG"):
        traceback.print_exc()
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    print(
        f"prrt_lib {command}: internal error {type(error).__name__} in {place}; expected none. "
        "What to do: run again with PRRT_DEBUG=1 to see the traceback, and report it.",
        file=sys.stderr,
    )
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of one command: 0 ok, 1 internal error, 2 user error, 3 a notebook failed.

    compare: 4 where a headline number moved.
    """
    given = parser().parse_args(argv)
    try:
        return given.handler(given)
    except PrrtError as error:
        print(f"prrt_lib {given.command}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001
        return _internal(given.command, error)
    except KeyboardInterrupt:
        print("stopped; run the same command again to go on", file=sys.stderr)
        return 130
