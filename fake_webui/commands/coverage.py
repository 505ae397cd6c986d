"""`fake-webui coverage`: what is implemented, field by field."""

import json
from typing import Any

from fake_webui.api.coverage import list_coverage
from fake_webui.api.families import known_endpoints
from fake_webui.profiles import find_profile


def show(profile: str, *, as_json: bool) -> str:
    """Return the coverage of a profile as text, or as JSON."""
    endpoints = list_coverage(known_endpoints(find_profile(profile)))
    if as_json:
        return json.dumps(endpoints, indent=2)
    lines = [line for endpoint in endpoints for line in _lines(endpoint)]
    imitated = sum(endpoint["imitated"] for endpoint in endpoints)
    return "\n".join([*lines, f"{imitated} of {len(endpoints)} endpoints are imitated"])


def _lines(endpoint: dict[str, Any]) -> list[str]:
    mark = "yes" if endpoint["imitated"] else "no "
    needs = f"  (with {endpoint['needs']})" if endpoint["needs"] else ""
    rows = [
        f"      {f['status']:9} {f['name']}: {f['type']}{_default(f)}" for f in endpoint["fields"]
    ]
    return [f"{mark}  {endpoint['method']:4} {endpoint['path']}{needs}", *rows]


def _default(field: dict[str, Any]) -> str:
    return "" if field["required"] else f" = {json.dumps(field['default'])}"
