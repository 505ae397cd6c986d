"""What each endpoint accepts, and how a request that does not fit is refused."""

from fake_webui.contract.body import MISSING, decode_body
from fake_webui.contract.endpoints import ENDPOINTS, Endpoint, index
from fake_webui.contract.table import Field, Parsed, Table, parse, parse_query, validate

__all__ = [
    "ENDPOINTS",
    "MISSING",
    "Endpoint",
    "Field",
    "Parsed",
    "Table",
    "decode_body",
    "index",
    "parse",
    "parse_query",
    "validate",
]
