"""The parameters that a WebUI wrote under its first image, where `info` itself does not tell."""

from app.config.infotext import parse_infotext
from app.webui.kinds.kind import Info


def parameters_of(info: Info) -> dict[str, str]:
    """Return the fields of the first infotext, by their labels."""
    infotexts = info.get("infotexts") or [""]
    return dict(parse_infotext(infotexts[0]).fields)
