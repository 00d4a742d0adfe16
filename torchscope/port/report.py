"""What was rewritten, and what is left to decide: for the terminal, as JSON, and as a page."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from torchscope.port.codemod import Converted
from torchscope.port.file import Note
from torchscope.port.rules import RULES


def as_json(converted: Sequence[Converted]) -> dict[str, Any]:
    """The report as what json.dumps takes."""
    return {
        "files": [
            {
                "name": each.name,
                "changed": each.changed,
                "error": each.error or None,
                "rules": dict(sorted(each.rules.items())),
                "to_decide": [vars(note) for note in each.notes],
            }
            for each in converted
        ],
        "rules": dict(sorted(_rules(converted).items())),
    }


def print_report(converted: Sequence[Converted], console: Console) -> None:
    """A table of the rules, and then each file's failure and what a person has to decide in it."""
    rules = _rules(converted)
    if rules:
        table = Table("rule", "used", "what it does", box=None, pad_edge=False)
        for name, used in rules.most_common():
            table.add_row(name, str(used), _reason(name))
        console.print(table)
    for each in converted:
        for (kind, advice), notes in _by_advice(each).items():
            console.print(Text.assemble((f"\n{each.path}", "bold"), f"  {kind}"))
            for note in notes:
                console.print(Text(f"  {note.line:>5}  {note.code}"))
            console.print(Text(f"    {advice}", style="yellow"))
    for each in converted:
        if each.error:
            console.print(Text.assemble(("failed  ", "bold red"), each.error))
    console.print(Text(summary(converted), style="bold"))


def summary(converted: Sequence[Converted]) -> str:
    """One line: how many files there were, and what came of them.

    >>> summary([])
    '0 files: 0 rewritten, 0 left as they are, 0 failed; 0 things to decide'
    """
    failed = sum(bool(each.error) for each in converted)
    changed = sum(each.changed for each in converted)
    left = sum(len(each.notes) for each in converted)
    return (
        f"{len(converted)} file{'s' * (len(converted) != 1)}: {changed} rewritten, "
        f"{len(converted) - failed - changed} left as they are, {failed} failed; "
        f"{left} thing{'s' * (left != 1)} to decide"
    )


def as_page(converted: Sequence[Converted], title: str) -> str:
    """The report as a page that needs nothing else: what is left to decide first, and then each difference."""
    rules = _rules(converted)
    most = max(rules.values(), default=1)
    bars = "".join(
        f"<tr><td>{html.escape(name)}</td><td class=n>{used}</td>"
        f'<td><div class=bar style="width:{round(240 * used / most)}px"></div></td>'
        f"<td>{html.escape(_reason(name))}</td></tr>"
        for name, used in rules.most_common()
    )
    return _PAGE.format(
        title=html.escape(title),
        summary=html.escape(summary(converted)),
        bars=bars,
        notes="".join(map(_notes, converted)) or "<p>Nothing.</p>",
        files="".join(map(_file, converted)),
    )


def _notes(each: Converted) -> str:
    said = "".join(
        f"<li>{html.escape(kind)}<pre>"
        + html.escape("\n".join(f"{note.line:>5}  {note.code}" for note in notes))
        + f"</pre>{html.escape(advice)}</li>"
        for (kind, advice), notes in _by_advice(each).items()
    )
    failed = f"<li class=del>{html.escape(each.error)}</li>" if each.error else ""
    return f"<h3>{html.escape(each.name)}</h3><ul>{failed}{said}</ul>" if said or failed else ""


def _by_advice(each: Converted) -> dict[tuple[str, str], list[Note]]:
    """What a person has to decide in a file, together where the advice is the same."""
    together: dict[tuple[str, str], list[Note]] = {}
    for note in each.notes:
        together.setdefault((note.kind, note.advice), []).append(note)
    return together


def _file(each: Converted) -> str:
    if not each.changed:
        return ""
    lines = "".join(
        f"<span class={_KINDS.get(line[:1], 'same')}>{html.escape(line)}</span>\n"
        for line in each.diff().splitlines()[2:]
    )
    count = sum(each.rules.values())
    return (
        f"<details><summary>{html.escape(each.name)} <small>{count}</small></summary>"
        f"<pre>{lines}</pre></details>"
    )


_KINDS = {"+": "add", "-": "del", "@": "at"}


def _rules(converted: Sequence[Converted]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in converted:
        total.update(each.rules)
    return total


def _reason(name: str) -> str:
    """What a rule does: the first sentence of its docstring."""
    for rule in RULES:
        if type(rule).__name__ == name:
            first = " ".join((type(rule).__doc__ or "").split("\n\n")[0].split())
            return first.replace("``", "")
    return "Python 2 becomes Python 3, by fissix." if name == "Python2" else ""


_PAGE = """<!doctype html>
<html lang=en><meta charset=utf-8><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
pre {{ background: #f6f6f6; padding: .5rem; overflow: auto; margin: .3rem 0 }}
td {{ padding: .1rem .6rem .1rem 0; vertical-align: top }}
.n {{ text-align: right }} .bar {{ background: #4a7; height: .7rem; margin-top: .4rem }}
.add {{ background: #dfd }} .del {{ background: #fdd }} .at {{ color: #888 }}
summary {{ cursor: pointer; font-weight: 600 }} small {{ color: #888 }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #181818; color: #ddd }} pre {{ background: #222 }}
  .add {{ background: #143d1c }} .del {{ background: #4a1c1c }}
}}
</style>
<h1>{title}</h1><p>{summary}</p>
<table>{bars}</table>
<h2>What is left to decide</h2>{notes}
<h2>What was changed</h2>{files}
</html>
"""
