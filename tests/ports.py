"""Ports for servers that run in processes of their own."""

import random
import socket


def free_port() -> int:
    """A port below those that the system gives to connections, so that it is free again after each kill."""
    for port in random.sample(range(15_000, 30_000), 100):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
