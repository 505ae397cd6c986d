"""What each endpoint accepts, and how a request that does not fit is refused."""

from fake_webui.contract.body import MISSING, decode_body
from fake_webui.contract.endpoint import Endpoint, Family, Index, find_methods, index
from fake_webui.contract.table import Field, Parameters, Parsed, Table, parse_query

__all__ = [
    "MISSING",
    "Endpoint",
    "Family",
    "Field",
    "Index",
    "Parameters",
    "Parsed",
    "Table",
    "decode_body",
    "find_methods",
    "index",
    "parse_query",
]
