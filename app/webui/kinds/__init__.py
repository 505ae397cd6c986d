"""What kinds of WebUI there are, and which one a server is.

The app speaks A1111's language. A kind says where a WebUI differs: data, and two translations, of
what goes out and of what comes back.
"""

from collections.abc import Collection

from app.webui.kinds.a1111 import A1111
from app.webui.kinds.forge import FORGE
from app.webui.kinds.kind import WebUIKind
from app.webui.kinds.sdnext import SDNEXT

__all__ = ["A1111", "FORGE", "SDNEXT", "WebUIKind", "kind_of"]


def kind_of(paths: Collection[str]) -> WebUIKind:
    """Return the kind of WebUI that answers on these paths."""
    return next((kind for kind in (SDNEXT, FORGE) if kind.mark in paths), A1111)
