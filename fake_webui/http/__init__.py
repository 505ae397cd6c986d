"""The HTTP/1.1 server: sockets, request bodies, what is refused."""
