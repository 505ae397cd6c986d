"""Which version this is, and which WebUI it is like."""

__version__ = "0.2.0"
EMULATED_VERSION = "v1.10.1"
