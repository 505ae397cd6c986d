"""What there is to say of a request, for whoever reads the journal."""

from collections.abc import Iterable

from flask import g


def note_findings(findings: Iterable[str]) -> None:
    """Note in the journal what of a request was replaced, ignored or is easily missed."""
    if (noticed := list(findings)) and (exchange := g.get("exchange")):
        exchange.findings.extend(noticed)
