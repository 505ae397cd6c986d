"""The banner of a paused queue."""

from app.bootstrap import Application
from app.commands import PROGRAM
from app.commands.shared.output import notice


def say_if_paused(app: Application) -> None:
    """Say that the queue is paused, why, and how to go on."""
    state = app.queue.pause_state()
    if state.paused:
        reason = f": {state.reason}" if state.reason else ""
        notice(f"The queue is paused{reason}. To go on: {PROGRAM} queue resume", "yellow")
