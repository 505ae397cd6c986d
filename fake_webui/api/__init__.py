"""The WebUI's own face: one module for each family of endpoints, declared at their views."""
