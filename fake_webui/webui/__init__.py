"""The imitation: what the WebUI does with a request. Knows no HTTP and no Flask."""
