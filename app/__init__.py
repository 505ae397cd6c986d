"""A job orchestrator for a Stable Diffusion WebUI: prompt packs, a durable queue, history."""

__version__ = "0.2.0"
