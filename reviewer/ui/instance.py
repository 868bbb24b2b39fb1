"""One window a project: a second start with the same file brings the first one's window up.

The project's lock decides who has the file; this local socket only carries the wish to be seen. Whoever holds the lock
may take over the socket's name, so a name left by a crash never stands in the way.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

__all__ = ["Instance", "raise_other", "socket_name"]

WISH = b"come up\n"
ANSWER = b"here\n"


def socket_name(path: Path) -> str:
    """The socket's name for a project of this user."""
    user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    digest = hashlib.sha256(f"{user}\n{path.absolute().resolve()}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"reviewer-{digest[:24]}"


def raise_other(path: Path) -> bool:
    """Ask the process that has this project open to show its window; False when no window answers."""
    socket = QLocalSocket()
    socket.connectToServer(socket_name(path))
    if not socket.waitForConnected(300):
        return False
    socket.write(WISH)
    socket.waitForBytesWritten(500)
    answered = socket.waitForReadyRead(2000) and bytes(socket.readAll().data()).startswith(ANSWER)
    socket.disconnectFromServer()
    return answered


class Instance(QObject):
    """Listens, while a project is open, for a second start."""

    def __init__(self, path: Path, come_up: Callable[[], None]) -> None:
        super().__init__()
        self._come_up = come_up
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)
        QLocalServer.removeServer(socket_name(path))
        self._server.listen(socket_name(path))

    @property
    def listening(self) -> bool:
        """Whether a second start would be heard."""
        return self._server.isListening()

    def close(self) -> None:
        """Stop listening and give the name back."""
        self._server.close()

    def _greet(self) -> None:
        while (guest := self._server.nextPendingConnection()) is not None:
            guest.readyRead.connect(lambda guest=guest: self._answer(guest))
            guest.disconnected.connect(guest.deleteLater)
            if guest.bytesAvailable():
                self._answer(guest)

    def _answer(self, guest: QLocalSocket) -> None:
        if bytes(guest.readAll().data()).startswith(WISH):
            guest.write(ANSWER)
            guest.flush()
            self._come_up()
        else:
            guest.abort()
