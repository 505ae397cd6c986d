"""What each command does; one module for each word after `python -m app`."""

PROGRAM = "python -m app"
COMPLETE_VARIABLE = "_APP_COMPLETE"
