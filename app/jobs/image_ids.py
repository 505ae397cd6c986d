"""The names by which a page asks for a job's images: no path comes from outside."""

import re

WHOLE_JOB = -1
"""Stands for the job itself where an image's index may."""
_IMAGE_ID = re.compile(r"([0-9a-f]{16})-(\d{1,6})")


def image_id(job_id: str, index: int) -> str:
    """Return the name of a job's image, counted from 0."""
    return f"{job_id}-{index}"


def parse_image_id(name: str) -> tuple[str, int] | None:
    """Return the job and the index of an image, None where it is not an image's name."""
    found = _IMAGE_ID.fullmatch(name)
    return (found[1], int(found[2])) if found else None
