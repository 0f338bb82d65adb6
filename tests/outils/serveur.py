"""A live server that can be stopped and started again on the same port, on the database of the tests.

It runs in the process of the tests, as pytest-django's own: SQLite file or PostgreSQL, one per xdist worker.
"""

import socket
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler


class _Guichet(ThreadedWSGIServer):
    """Knows its open connections: stopped, it answers nothing more, not even on those that browsers keep."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.ouvertes: set[socket.socket] = set()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.ouvertes.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.ouvertes.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connexion in list(self.ouvertes):
            try:
                connexion.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Closed meanwhile by the other side.
                continue


class _Fil(LiveServerThread):
    server_class = _Guichet

    def _create_server(self, connections_override: Any = None) -> Any:
        return self.server_class(
            (self.host, self.port),
            QuietWSGIRequestHandler,
            # The port of the first start serves again, whatever connections are still dying on it.
            allow_reuse_address=True,
            connections_override=connections_override,
        )


class Serveur:
    """`arreter()` cuts everything at once; `demarrer()` answers again at the same `url`."""

    def __init__(self) -> None:
        self._fil: _Fil | None = None
        self._port = 0
        self.demarrer()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def demarrer(self) -> None:
        """Listen. Raises what kept the server from starting."""
        if self._fil is not None:
            return
        fil = _Fil("127.0.0.1", StaticFilesHandler, port=self._port)
        fil.daemon = True
        fil.start()
        fil.is_ready.wait()
        if fil.error:
            raise fil.error
        self._fil, self._port = fil, fil.port

    def arreter(self) -> None:
        """Stop listening and cut the open connections."""
        if self._fil is not None:
            self._fil.terminate()
            self._fil = None
