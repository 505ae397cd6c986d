"""Extensions: scripts, routes, options and infotext lines that a WebUI may have beside its own."""

from fake_webui.extensions.installed import SHIPPED, installed

__all__ = ["SHIPPED", "installed"]
