"""The WebUI over HTTP: its client, its answers, and what it has."""
