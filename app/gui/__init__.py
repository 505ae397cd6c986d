"""The local page over its own JSON interface: views parse, ask the application, and answer."""
