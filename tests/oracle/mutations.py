"""What can be broken in torchscope on purpose: one place in one function, found by its syntax.

A mutant names a function, what is in it once, and what stands there instead. How the function is formatted, where in
its file it is and in which file makes no difference.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CORE = Path(__file__).parents[2] / "torchscope" / "_core"


class Mutant(NamedTuple):
    """A change of one place.

    Attributes:
        what: what is wrong then.
        function: its name, after that of its class.
        old: an expression, a statement, or the head of a statement, which ends with a colon.
        new: what stands there instead: of the same kind, but for ``pass``, which is for a statement.
    """

    what: str
    function: str
    old: str
    new: str


MUTANTS = (
    Mutant("unique names keep their case", "unique_name", "base = name.lower()", "base = name"),
    Mutant("unique names begin at 2", "unique_name", "in_use.get(base, 0)", "in_use.get(base, 0) and in_use[base] + 1"),
    Mutant("unique names do not count on", "unique_name", "count += 1", "pass"),
    Mutant("default names do not count on", "Subscopes.free_number", "number += 1", "pass"),
    Mutant("any name is valid at the root", "check_name", "if not _ROOT_NAME.fullmatch(name):", "if not name:"),
    Mutant("any name is valid inside", "check_name", "if not _SCOPE_NAME.fullmatch(name):", "if False:"),
    Mutant("absolute name scopes are relative", "_taken", "if name.endswith('/'):", "if False:"),
    Mutant("an empty name scope stays", "name_scope.__enter__", "pass_.where = ''", "pass"),
    Mutant("a name scope is not left", "name_scope.__exit__", "self._pass.where = self._outer", "pass"),
    Mutant("reuse is not inherited", "variable_scope._enter_first", "self._reuse or outer._reuse", "self._reuse"),
    Mutant("reuse is not inherited where scopes are noted", "variable_scope.__enter__", "self._reuse or outer._reuse", "self._reuse"),
    Mutant("notes are read backwards", "NameTable.resolve", "for note in reversed(notes):", "for note in notes:"),
    Mutant("notes are settled twice", "NameTable.resolve", "while note is not None and isinstance(note._opened, NameTable):", "while note is not None:"),
    Mutant("noted scopes stay open", "NameTable.resolve", "self.close_down_to(note._outer)", "None"),
    Mutant("noted scopes keep their counters", "NameTable._close_down_to", "counters.inside = {}", "pass"),
    Mutant("names do not account for claims", "NameTable._account_for", "if in_use.claimed < claimed:", "if False:"),
    Mutant("claims come after all notes", "NameTable.resolve", "self._account_for(note._claimed)", "None"),
    Mutant("a claim is accounted for twice", "NameTable.claim", "self._in_use.claimed = len(self.claims)", "pass"),
    Mutant("settling stops at the notes", "NameTable.resolve", "self._account_for(len(self.claims))", "None"),
    Mutant("a noted scope does not leave its name scope", "variable_scope.__exit__", "pass_.where = self._under", "pass"),
    Mutant("a scope entered again forgets reuse", "variable_scope._enter_again", "self._reuse or scope._reuse", "self._reuse"),
    Mutant("reuse=False ends reuse", "variable_scope.__init__", "if reuse is False:", "if False:"),
    Mutant("reuse_variables does nothing", "VariableScope.reuse_variables", "self._reuse = True", "pass"),
    Mutant("a scope opens no name scope", "variable_scope._name_scope_for", "if self._special.auxiliary_name_scope:", "if False:"),
    Mutant("a scope entered again opens no name scope", "variable_scope._enter_again", "if name and self._special.auxiliary_name_scope:", "if False:"),
    Mutant("a scope entered again takes a new name scope", "variable_scope._enter_again", "scope.original_name_scope", "f'{pass_.name_scope}/'"),
    Mutant("default names are not made unique", "Subscopes.free_number", "while self.count(numbered(default, number)):", "while False:"),
    Mutant(
        "default names are not made unique among scopes that were noted",
        "NameTable.default_name",
        "while name in noted.names or (counters is not None and counters.count(name)):",
        "while counters is not None and counters.count(name):",
    ),
    Mutant("slashes do not keep default names from being told by notes", "NameTable.default_name", "if '/' in note._name:", "if False:"),
    Mutant(
        "scopes that are entered again do not keep default names from being told by notes",
        "variable_scope._enter_again",
        "pass_.name_table.tangled = True",
        "pass",
    ),
    Mutant("closing a scope keeps its counters", "variable_scope._close_at_once", "here.inside = {}", "pass"),
    Mutant("leaving a scope entered again keeps its counters", "variable_scope._close_at_once", "pass_.name_table.count_as_before(self._kept)", "None"),
    Mutant("entering does not count", "NameTable.enter", "counters.opened += 1", "pass"),
    Mutant("default_name allows reuse", "variable_scope._enter_default", "if self._reuse:", "if False:"),
    Mutant("constraints are inherited", "variable_scope._changed", "changes.setdefault('constraint', None)", "None"),
    Mutant(
        "the outer getter runs first",
        "variable_scope._changed",
        "_wrap_getter(changes['custom_getter'], settings.custom_getter)",
        "_wrap_getter(settings.custom_getter, changes['custom_getter'])",
    ),
    Mutant("a second request shares", "_find", "raise errors.already_exists(name, record.made_at, outside=passes.active() is None)", "pass"),
    Mutant("reuse makes what is missing", "_find", "if reuse is not True:", "if True:"),
    Mutant(
        "shapes are not compared",
        "_check_agrees",
        "if shape is not None and not (len(shape) == len(found_shape) and all(a is None or a == b for a, b in zip(shape, found_shape, strict=True))):",
        "if False:",
    ),
    Mutant("dtypes are not compared", "_check_agrees", "if dtype != found_dtype:", "if False:"),
    Mutant("the scope's dtype is ignored", "asked_in", "scope._settings.dtype", "torch.float32"),
    Mutant("the scope's regularizer is ignored", "asked_in", "settings.regularizer if regularizer is None else regularizer", "regularizer"),
    Mutant("a value may come with a shape", "get_single", "if request.shape is not None and initializer is not None and not callable(initializer):", "if False:"),
    Mutant("local variables are global", "get_local_variable", "[*(collections or []), GraphKeys.LOCAL_VARIABLES]", "collections"),
    Mutant("pieces forget the whole", "get_partitioned", "pass_.partitioned[name] = whole", "pass"),
    Mutant("creators run from the outside in", "Pass.create", "for creator in self.creators:", "for creator in reversed(self.creators):"),
    Mutant("creators outlive their scope", "variable_creator_scope", "pass_.send_through(outer)", "None"),
    Mutant("get_variable takes no name", "make_variable", "unique_name(full, names)", "requested is None and unique_name(full, names)"),
    Mutant("what is made at once takes no name", "make_at_once", "_unique_name(name, pass_.name_table.names(), store.names)", "unique_name(name, store.names)"),
    Mutant("name scopes reach getters", "get_variable", "where, pass_.where = pass_.where, ''", "where = pass_.where"),
    Mutant("name scopes reach initializers", "_made", "where, pass_.where = pass_.where, f'{op_name}/Initializer'", "where = pass_.where"),
    Mutant("any name may be a scope's own", "_op_name", "store.find(Kind.GOT, f'{name}/')", "None"),
    Mutant("nothing is claimed", "NameTable.claim", "self.claims[record] = 1", "pass"),
    Mutant("every variable is trainable", "joined_collections", "if trainable:", "if True:"),
    Mutant("collections that are given are ignored", "joined_collections", "dict.fromkeys(asked)", "dict.fromkeys(GLOBAL)"),
    Mutant("a collection is filtered anywhere in the name", "Collected.read", "pattern.match(p.name)", "pattern.search(p.name)"),
    Mutant("a collection forgets what was added", "Collected.add", "self._append(key, _Item(value, where), store)", "None"),
    Mutant("a pass sees what it has not claimed yet", "VariableStore.made_elsewhere", "record.entry != entry", "True"),
    Mutant("what was put into a collection is there before it is put there", "Record.is_in", "entry is None or by != entry", "True"),
    Mutant("losses are counted as variables", "_place_of", "_Loss(record)", "_Member(record)"),
    Mutant("the first pieces are no larger", "pieces_of", "number < left", "number >= count - left"),
    Mutant("a template shares before its first call", "Template.__call__", "state.called or None", "True"),
    Mutant("a template never shares", "Template.__call__", "state.called or None", "None"),
    Mutant("a template that opens its scope at once inherits its dtype", "pure_variable_scope", "torch.float32", "None"),
)  # fmt: skip


class Place(NamedTuple):
    """A node of a file."""

    file: Path
    node: ast.expr | ast.stmt


class Functions:
    """All functions below a folder, by name: several may have the same."""

    def __init__(self, folder: Path = CORE) -> None:
        self._folder = folder
        self._named: dict[str, list[tuple[Path, ast.AST]]] = {}
        for file in sorted(folder.rglob("*.py")):
            self._read(file, ast.parse(file.read_text()), "")

    def _read(self, file: Path, node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                self._named.setdefault(outer + child.name, []).append((file, child))
            inside = isinstance(child, ast.FunctionDef | ast.ClassDef)
            self._read(file, child, f"{outer}{child.name}." if inside else outer)

    def place(self, mutant: Mutant) -> Place:
        """Where a mutant is.

        Raises:
            LookupError: that is nowhere, or there are several such places.
        """
        named = self._named.get(mutant.function, [])
        wanted = _parsed(mutant.old)
        found = [Place(file, node) for file, each in named for node in _matching(each, wanted)]
        if len(found) != 1:
            lines = sorted((str(p.file.relative_to(self._folder)), p.node.lineno) for p in found)
            told = ", ".join(f"{file}:{line}" for file, line in lines)
            told = told or ("not there" if named else "there is no such function")
            raise LookupError(
                f"The mutant {mutant.what!r} is to find {mutant.old!r} once in {mutant.function}: {told}"
            )
        return found[0]


def mutated(source: str, node: ast.expr | ast.stmt, mutant: Mutant) -> str:
    """A file's text with what the mutant has in the place of the node.

    >>> node = ast.parse("x  =  (1 + 1)").body[0].value
    >>> mutated("x  =  (1 + 1)", node, Mutant("two are three", "", "1 + 1", "3"))
    'x  =  ((3))'
    """
    new = _parsed(mutant.new)
    of_node, of_new = _decisive(node, mutant), _decisive(new, mutant)
    text = ast.unparse(of_new)
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: of_node.lineno - 1])) + of_node.col_offset
    end = sum(map(len, lines[: of_node.end_lineno - 1])) + of_node.end_col_offset
    put = f"({text})" if isinstance(of_node, ast.expr) else text
    whole = source.encode()
    return (whole[:start] + put.encode() + whole[end:]).decode()


def _parsed(text: str) -> ast.expr | ast.stmt:
    """An expression, or a statement; the head of one has nothing in it."""
    (statement,) = ast.parse(f"{text} pass" if text.endswith(":") else text).body
    return statement.value if isinstance(statement, ast.Expr) else statement


def _decisive(node: ast.expr | ast.stmt, mutant: Mutant) -> ast.expr | ast.stmt:
    """The part of a node that is written anew: of a head the condition, or what is gone through."""
    if not mutant.old.endswith(":"):
        return node
    return node.iter if isinstance(node, ast.For) else node.test


def _matching(function: ast.AST, wanted: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """The nodes in a function that are written as this one, however they are formatted."""
    text = ast.unparse(wanted)
    for node in ast.walk(function):
        if type(node) is type(wanted) and ast.unparse(_headed(node)) == text:
            yield node


def _headed(node: ast.expr | ast.stmt) -> ast.expr | ast.stmt:
    """A statement that has others in it, with none."""
    if isinstance(node, ast.If | ast.While):
        return type(node)(test=node.test, body=[ast.Pass()], orelse=[])
    if isinstance(node, ast.For):
        return ast.For(target=node.target, iter=node.iter, body=[ast.Pass()], orelse=[], lineno=0)
    return node
