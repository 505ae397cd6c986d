"""Who wants to be told of something that happens more than once."""

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Listeners(Generic[Item]):
    """Functions that are called with each item, from whatever thread tells it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Item], None]] = []

    def add(self, listener: Callable[[Item], None]) -> Callable[[], None]:
        """Have `listener` called from now on; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, item: Item) -> None:
        """Call them all."""
        for listener in tuple(self._listeners):
            listener(item)
