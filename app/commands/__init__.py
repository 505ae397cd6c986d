"""What each command does; one module for each word of the command line."""

PROGRAM = "python -m app"
"""What the app is called in a checkout."""
COMPLETE_VARIABLE = "_APP_COMPLETE"
