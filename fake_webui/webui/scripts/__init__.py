"""Scripts: what takes a generation over, and what takes part in it."""

from fake_webui.webui.scripts.choice import ScriptChoice, choose_scripts

__all__ = ["ScriptChoice", "choose_scripts"]
