"""The server: ASGI applications, sockets, storage, control, command line."""
