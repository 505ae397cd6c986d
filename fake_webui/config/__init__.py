"""How a server is to be: its configuration, and the file that says so."""
