"""A fake AUTOMATIC1111 Stable Diffusion WebUI for testing its clients."""

__version__ = "0.1.0"
