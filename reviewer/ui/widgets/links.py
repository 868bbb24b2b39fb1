"""Links in untrusted text: which are blocked, and the question before one is opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from reviewer.ui.widgets.characters import symbol

__all__ = ["blocked_because", "spelled_out", "open_after_asking"]

_LONGEST = 2_000


def spelled_out(address: str) -> str:
    """An address as it is shown in a question: each character outside printable ASCII as a symbol or its code point."""
    return "".join(
        char if char.isascii() and char.isprintable() else char if char.isalnum() else symbol(char) for char in address
    )


def blocked_because(address: str) -> str:
    """Why a link may not be opened, as a sentence; empty for an http or https address with a host."""
    shown = spelled_out(address[:200]) + ("…" if len(address) > 200 else "")
    if address.startswith(("\\\\", "//")):
        return f"Blocked: {shown} points to a network share."
    scheme, colon, rest = address.strip().partition(":")
    if not colon or scheme.lower() not in ("http", "https"):
        return f"Blocked: only http and https links can be opened, not {shown}"
    if len(address) > _LONGEST:
        return f"Blocked: the link is {len(address):,} characters long."
    url = QUrl(address.strip())
    if not rest.startswith("//") or not url.isValid() or not url.host():
        return f"Blocked: {shown} is not a complete web address."
    return ""


def open_after_asking(parent: QWidget, address: str) -> bool:
    """Ask with the whole address before the browser opens it; whether it was opened."""
    url = QUrl(address.strip())
    # As the browser gets it: a host in other letters shows in its xn-- form, where a lookalike cannot hide.
    whole = bytes(url.toEncoded().data()).decode("ascii")
    host = bytes(QUrl.toAce(url.host()).data()).decode("ascii") or url.host()
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Open a link")
    box.setText(f"Open this address on {host} in the browser?\n\n{whole}")
    box.setInformativeText("It comes from the imported text; nobody has checked it.")
    yes = box.addButton("Open in Browser", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    if box.clickedButton() is not yes:
        return False
    return QDesktopServices.openUrl(url)
