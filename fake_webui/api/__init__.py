"""The WebUI's face: one small module for each family of endpoints."""
