"""Statements that fill a list of modules, put together and cut down to what is needed."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.engine.source.naming import CARRIED
from cnnspec.engine.source.text import Bracket, Doc, Each, SourceLine, Statement, call, read_by


def append(variable: str, items: Sequence[Doc]) -> SourceLine:
    """``layers.append(x)``, or ``layers += [x, y]``."""
    if len(items) == 1 and isinstance(items[0], Each):
        return SourceLine(f"{variable} += ", Each("[", items[0].element, items[0].clause))
    if len(items) == 1:
        return SourceLine("", call(f"{variable}.append", items[0]))
    return SourceLine(f"{variable} += ", Bracket("[", tuple(items), "]"))


def appended(statement: Statement, variable: str) -> tuple[Doc, ...] | None:
    """The items that a statement puts behind a list, where it does nothing else."""
    match statement:
        case SourceLine("", Bracket(head, items)) if head == f"{variable}.append(":
            return items
        case SourceLine(before, Bracket(_, items)) if before == f"{variable} += ":
            return items
        case SourceLine(before, Each(_, element, clause)) if before == f"{variable} += ":
            return (Each("*[", element, clause),)
    return None


def merged(statements: Sequence[Statement], variable: str) -> list[Statement]:
    """Neighbours that append to one list made one."""
    done: list[Statement] = []
    for statement in statements:
        items = appended(statement, variable)
        before = appended(done[-1], variable) if done else None
        if items is not None and before is not None:
            done[-1] = append(variable, [*before, *items])
        else:
            done.append(statement)
    return done


def begun(statements: Sequence[Statement], variable: str) -> list[Statement]:
    """The list set up with what comes first in it."""
    items = appended(statements[0], variable) if statements else None
    rest = statements if items is None else statements[1:]
    return [SourceLine(f"{variable}: list[nn.Module] = ", Bracket("[", tuple(items or ()), "]")), *rest]


def sets_carried(statement: Statement) -> bool:
    """Whether a statement sets the variable that is carried from round to round."""
    return isinstance(statement, SourceLine) and statement.before == f"{CARRIED} = "


def needed(statements: Sequence[Statement]) -> list[Statement]:
    """Statements without those that set the carried variable for nobody to read."""
    kept: list[Statement] = []
    is_read = True  # by the next round
    for statement in reversed(statements):
        if sets_carried(statement) and not is_read:
            continue
        is_read = CARRIED in read_by([statement]) or (is_read and not sets_carried(statement))
        kept.insert(0, statement)
    return kept


def late(statements: Sequence[Statement], variable: str) -> list[Statement]:
    """The carried variable set behind everything that does not read it."""
    done = list(statements)
    for start in reversed(range(len(done) - 1)):
        for i in range(start, len(done) - 1):
            waits = appended(done[i + 1], variable) is not None and CARRIED not in read_by([done[i + 1]])
            if sets_carried(done[i]) and waits:
                done[i], done[i + 1] = done[i + 1], done[i]
    return done
