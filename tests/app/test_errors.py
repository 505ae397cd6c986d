"""The error tree is drawn at the top of its file, and the drawing is true."""

import re

from app import errors

DRAWN = re.compile(r"^ {4}(?P<bars>[│├└─ ]*)(?P<name>[A-Z]\w+)\s+(?P<status>\d)?", re.MULTILINE)


def drawn_tree() -> dict[str, tuple[int, int | None]]:
    """Return depth and exit status by class name, as the module's docstring draws them."""
    return {
        found["name"]: (len(found["bars"]) // 4, int(found["status"]) if found["status"] else None)
        for found in DRAWN.finditer(errors.__doc__ or "")
    }


def tree(error: type[errors.AppError] = errors.AppError, depth: int = 0) -> dict[str, int]:
    """Return each error class's depth under AppError."""
    below = [tree(child, depth + 1) for child in error.__subclasses__()]
    return {error.__name__: depth} | {name: deep for part in below for name, deep in part.items()}


def test_the_drawn_tree_is_the_tree() -> None:
    """Each class is drawn at its depth, and no class is missing."""
    assert {name: depth for name, (depth, _) in drawn_tree().items()} == tree()


def test_the_drawn_exit_statuses_hold() -> None:
    """Where the drawing gives a number, it is the class's exit status."""
    statuses = {name: status for name, (_, status) in drawn_tree().items() if status is not None}
    assert statuses == {name: getattr(errors, name).exit_status for name in statuses}


def test_a_pack_error_names_file_and_line() -> None:
    """The sentence starts with the place, in the form that editors jump to."""
    assert str(errors.PackError("hero.txt", 7, "no slot job")) == "hero.txt:7: no slot job"
    assert str(errors.PackError("hero.txt", None, "is empty")) == "hero.txt: is empty"
