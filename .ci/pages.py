"""What mkdocs is told beside mkdocs.yml: pages from outside of docs/, and one for each public module.

A link of a page is what it is in the repository: a path from the file that it stands in. What it leads to has a page
on the site (docs/, the files of `PAGES`, the examples), or is put there as it is.
"""

import importlib
import inspect
import logging
import posixpath
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "examples/codemod.md": "examples/codemod.md",
}
# Code, which is left as it is, or a link.
LINK = re.compile(
    r"^ *```.*?^ *```$|`[^`\n]*`(?!\])|(?<=\]\()([^)#:\s]+)(?=[)#])", re.DOTALL | re.MULTILINE
)
# An example, up to the next empty line.
DOCTEST = re.compile(r"^( *)>>> .*\n?(?:^(?! *$).*\n?)*", re.MULTILINE)

# A warning fails the build: `strict` in mkdocs.yml.
log = logging.getLogger("mkdocs.hooks.pages")
of_pages: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> None:
    """The pages of public names, and of examples, are in the navigation."""
    for entry in config.nav or []:
        if "Examples" in entry:
            entry["Examples"] = [{path.name: _page_of(path)} for path in _examples()]
        if "Notebooks" in entry:
            entry["Notebooks"] = [f"notebooks/{path.stem}.md" for path in _notebooks()]
        if "Reference" in entry:
            pages = [{path: f"reference/{path}.md"} for path in _modules()]
            entry["Reference"] = ["reference/index.md", *pages]


def _examples() -> list[Path]:
    return sorted((ROOT / "examples").glob("*.py"))


def _notebooks() -> list[Path]:
    return sorted((ROOT / "docs" / "notebooks").glob("*.py"))


def _page_of(example: Path) -> str:
    return f"examples/{example.stem}.md"


def _modules() -> dict[str, ModuleType]:
    """The public modules, as the list of public names has them."""
    return _ours("tests.public.written_down").modules()


def _ours(module: str) -> ModuleType:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(module)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """All pages, and what they lead to."""
    of_pages.clear()
    of_pages.update(PAGES)
    texts = {source: (ROOT / source).read_text() for source in PAGES}
    for path in _examples():
        source = path.relative_to(ROOT).as_posix()
        of_pages[source] = _page_of(path)
        texts[source] = f"# {path.name}\n\n```python\n{path.read_text()}```\n"
    for path in _notebooks():
        source = path.relative_to(ROOT).as_posix()
        of_pages[source] = f"notebooks/{path.stem}.md"
        texts[source] = _as_markdown(path)
    for source, text in texts.items():
        files.append(File.generated(config, of_pages[source], content=text))
    for file in list(files.documentation_pages()):
        for link in LINK.finditer(file.content_string):
            if link[1]:
                _bring(_leads_to(file.src_uri, link[1]), file, files, config)
    for at, text in _reference(_modules()).items():
        files.append(File.generated(config, at, content=text))
    return files


def _as_markdown(path: Path) -> str:
    """What a notebook tells, its code, and what that printed and drew for `make notebooks`."""
    notebooks = _ours("tests.project.notebooks")
    notebook, record = path.read_text(), notebooks.recorded(path)
    if record["code"] != notebooks.of_code(notebook):
        log.warning("%s has other code than was run: `make notebooks` records it anew", path.name)
        record["cells"] = {}
    parts = []
    for number, cell in enumerate(notebooks.cells(notebook)):
        if cell.is_told:
            parts.append(re.sub("^# ?", "", cell.text, flags=re.MULTILINE))
            continue
        parts.append(f"```python\n{cell.text.strip()}\n```\n")
        shown = record["cells"].get(str(number), {"printed": [], "drawn": []})
        if shown["printed"]:
            lines = "\n".join(shown["printed"])
            parts.append(f"``` {{ .text .no-copy .printed }}\n{lines}\n```\n")
        # The theme shows one of the two.
        parts += [
            f"![{cell.title}]({picture}.png#only-light)\n"
            f"![{cell.title}]({picture}-dark.png#only-dark)\n"
            for picture in shown["drawn"]
        ]
    return "\n".join(parts)


def _source_of(page: str) -> str:
    """Which file of the repository a page is."""
    return next((source for source, at in of_pages.items() if at == page), f"docs/{page}")


def _leads_to(page: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(_source_of(page)), link))


def _bring(target: str, page: File, files: Files, config: MkDocsConfig) -> None:
    """Puts what is neither in docs/ nor a page on the site, as it is."""
    if target in of_pages or target.startswith("docs/"):
        return
    if not (ROOT / target).is_file():
        log.warning("%s leads to %s, which is no file", page.src_uri, target)
        return
    of_pages[target] = f"files/{target}" + ("" if Path(target).suffix else ".txt")
    files.append(File.generated(config, of_pages[target], content=(ROOT / target).read_bytes()))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as they are on the site."""
    if page.file.src_uri.startswith("reference/"):
        return markdown

    def on_site(link: re.Match[str]) -> str:
        if not link[1]:
            return link[0]
        target = _leads_to(page.file.src_uri, link[1])
        at = of_pages.get(target, target.removeprefix("docs/"))
        return posixpath.relpath(at, posixpath.dirname(page.file.src_uri) or ".")

    return LINK.sub(on_site, markdown)


def _reference(modules: dict[str, ModuleType]) -> dict[str, str]:
    """A page for each module. What has several names is told under the first, and the others lead there."""
    first: dict[int, str] = {}
    pages = {}
    for path, module in modules.items():
        here, elsewhere, values = [], [], []
        for name in sorted(dir(module)):
            value = getattr(module, name)
            if inspect.ismodule(value):
                continue
            if not (inspect.isclass(value) or inspect.isroutine(value)) or not _is_ours(value):
                values.append(f"`{name}`")
            elif first.setdefault(id(value), f"{path}.{name}") == f"{path}.{name}":
                here.append(_entry(path, name, value))
            else:
                there = first[id(value)]
                page, _, _ = there.rpartition(".")
                elsewhere.append(f"[`{name}`]({page}.md#{there})")
        # What is searched for is rather a function of torchscope than one of its namesakes.
        head = "---\nsearch:\n  boost: 4\n---\n\n" if path == "torchscope" else ""
        text = [f"{head}# {path}", DOCTEST.sub(_fenced, inspect.getdoc(module) or "")]
        text += here
        if elsewhere:
            text += ["## Told elsewhere", ", ".join(elsewhere)]
        if values:
            text += ["## Values, and what is PyTorch's", ", ".join(values)]
        pages[f"reference/{path}.md"] = "\n\n".join(text) + "\n"
    listed = "\n".join(
        f"| [`{path}`]({path}.md) | {(inspect.getdoc(module) or '').splitlines()[0]} |"
        for path, module in modules.items()
    )
    pages["reference/index.md"] = (
        "# Reference\n\nEach public name, as its docstring tells it.\n\n"
        f"| module | what it is |\n| --- | --- |\n{listed}\n"
    )
    return pages


def _is_ours(value: object) -> bool:
    return (getattr(value, "__module__", None) or "").split(".")[0] == "torchscope"


def _entry(path: str, name: str, value: object) -> str:
    public = f"{path}.{name}"
    if not inspect.getdoc(value):
        log.warning("%s has no docstring", public)
    at = f"{value.__module__}.{value.__qualname__}"
    told = f"    options:\n      heading: {name}\n      toc_label: {name}"
    if _is_read_at(public, at):
        return f"::: {public}\n{told}"
    return f'<span id="{public}"></span>\n\n::: {at}\n{told}'


def _is_read_at(public: str, at: str) -> bool:
    """Whether mkdocstrings, which imports nothing, finds under a public name what is there."""
    try:
        found = _read()[public.partition(".")[2]]
        return (found.final_target if isinstance(found, griffe.Alias) else found).path == at
    except (KeyError, griffe.AliasResolutionError):
        return False


@cache
def _read() -> griffe.Object | griffe.Alias:
    return griffe.load("torchscope", search_paths=[ROOT], resolve_aliases=True)


class Doctests(griffe.Extension):
    """Examples of docstrings are blocks of code, in whatever section they stand."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called for each object that griffe has read."""
        if obj.docstring:
            obj.docstring.value = DOCTEST.sub(_fenced, obj.docstring.value)


def _fenced(example: re.Match[str]) -> str:
    indent = example[1]
    return f"{indent}```pycon\n{example[0].rstrip()}\n{indent}```\n"
