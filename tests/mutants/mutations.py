"""Which small wrong changes a module can be given, each as an edit of its text."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

SWAPPED_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
SWAPPED_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"),
    ast.Mod: ("%", "*"),
}


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a module become `text`; `line` counts from 1."""

    start: int
    end: int
    text: str
    line: int
    since: int = 0  # the line where the statement begins: of its lines, not each is traced

    def apply(self, source: bytes) -> bytes:
        """The module with this change."""
        return source[: self.start] + self.text.encode() + source[self.end :]


class Module:
    """The text of a module and the places of its nodes."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.tree = ast.parse(source)
        lengths = [len(line) for line in source.split(b"\n")]
        self._starts = [0]
        for length in lengths:
            self._starts.append(self._starts[-1] + length + 1)

    def edits(self) -> list[Edit]:
        """Every change that this module can be given, in the order of its text."""
        found = [
            replace(edit, since=since)
            for node, since in self._code(self.tree, 1)
            for edit in self._of(node)
        ]
        return sorted(set(found), key=lambda edit: (edit.start, edit.end, edit.text))

    def _code(self, node: ast.AST, since: int) -> Iterator[tuple[ast.AST, int]]:
        """What does something, with the line of its statement.

        Without annotations, decorators, and a type checker's imports.
        """
        since = node.lineno if isinstance(node, ast.stmt) else since
        yield node, since
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "type_params"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_for_types_only(child):
                    yield from self._code(child, since)

    def _of(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.stmt):
            yield from self._of_statement(node)
        elif isinstance(node, ast.Constant | ast.UnaryOp | ast.IfExp):
            yield from self._of_value(node)
        else:
            yield from self._of_operators(node)

    def _of_statement(self, node: ast.stmt) -> Iterator[Edit]:
        match node:
            case ast.If(test=test) | ast.While(test=test):
                yield self._negated(test)
            case ast.Return(value=ast.expr() as value) if not _is_none_or_bool(value):
                yield self._replace(value, "None")
            case ast.Expr(value=ast.Call() as call):
                yield self._replace(call, "None")
            case ast.Raise():
                yield self._replace(node, "pass")

    def _of_value(self, node: ast.expr) -> Iterator[Edit]:
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._replace(node, self._text(operand))
            case ast.IfExp(test=test):
                yield self._negated(test)
            case ast.Constant(value=bool() as value):
                yield self._replace(node, str(not value))
            case ast.Constant(value=int() | float() as value):
                yield self._replace(node, repr(value + 1))

    def _of_operators(self, node: ast.AST) -> Iterator[Edit]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=rest):
                for operator, (one, other) in zip(ops, pairwise([left, *rest]), strict=True):
                    yield from self._swap(one, other, SWAPPED_COMPARISONS[type(operator)])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPPED_OPERATORS:
                yield from self._swap(left, right, SWAPPED_OPERATORS[type(op)])
            case ast.BoolOp(op=op, values=values):
                words = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                for one, other in pairwise(values):
                    yield from self._swap(one, other, words)

    def _negated(self, test: ast.expr) -> Edit:
        return self._replace(test, f"(not ({self._text(test)}))")

    def _swap(self, one: ast.expr, other: ast.expr, words: tuple[str, str]) -> Iterator[Edit]:
        """Exchange the operator that stands between two operands."""
        before, after = self._place(one)[1], self._place(other)[0]
        between = self.source[before:after].decode()
        if words[0] in between:
            changed = between.replace(words[0], words[1], 1)
            yield Edit(before, after, changed, one.end_lineno or one.lineno)

    def _replace(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        return Edit(*self._place(node), text, node.lineno)

    def _place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[end_line - 1] + end

    def _text(self, node: ast.expr) -> str:
        start, end = self._place(node)
        return self.source[start:end].decode()


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _is_none_or_bool(node: ast.expr) -> bool:
    """Whether returning None instead says nothing new: False becomes True anyway."""
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def is_sound(source: bytes) -> bool:
    """Whether a changed module can still be compiled at all."""
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True
