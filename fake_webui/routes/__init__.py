"""Views: one small module for each family of endpoints."""
