"""How the roads back to an earlier job differ, told in the same words wherever one begins."""

ROADS = """\b
Five roads lead back to an earlier job:
queue retry      what failed or was cancelled, just as it was, once
queue edit       with something changed; a waiting job keeps its place
history replay   any past job, with the very payloads that it sent
history import   the job of a picture, this app's or another's
run --last       a new prompt with the preset and settings of the last run
"""
"""For the end of a command's help."""
