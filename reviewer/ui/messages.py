"""The one place that shows an error, asks for a word or a file, or says something in passing.

Nothing here blocks: dialogs open on their window and call back, so a key press never waits inside another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from reviewer.errors import Cancelled, ReviewerError

__all__ = [
    "PROJECT_FILES",
    "ask_text",
    "bug_report",
    "choose_folder",
    "choose_open",
    "choose_save",
    "confirm",
    "plain_label",
    "plain_tip",
    "show_bug",
    "show_error",
    "system_name",
    "tell",
]

BUG = "bug report"
PROJECT_FILES = "Reviewer projects (*.reviewer)"


def plain_label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label that shows text as it is, never as markup; `role` is one of theme's (muted, small, head, title…)."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


def plain_tip(text: str) -> str:
    """A tooltip that shows text as it is: tips guess at markup, so all of it is escaped, and long ones wrap."""
    if not text:
        return ""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
        text = text.replace(sign, written)
    return f"<p style='white-space: pre-wrap'>{text}</p>"


def tell(parent: QWidget | None, text: str) -> None:
    """Say something in the window's status line, where it stays a few seconds."""
    window = parent.window() if parent is not None else QApplication.activeWindow()
    say = getattr(window, "tell", None)
    if say is not None:
        say(text)


def show_error(
    parent: QWidget | None, error: Exception, ways: Sequence[tuple[str, Callable[[], None]]] = ()
) -> QDialog | None:
    """Show what went wrong: the sentence of a ReviewerError; anything else is a bug, and its report can be copied.

    `ways` are buttons that lead on: their words and what they do.
    """
    if isinstance(error, Cancelled):
        tell(parent, str(error))
        return None
    if not isinstance(error, ReviewerError):
        return show_bug(parent, error)
    from reviewer.ui import log

    log.note_error(error)
    what, rest = _split(str(error))
    dialog = _Message(parent, "Reviewer", what, rest, icon="warning")
    details = f"{error.__class__.__name__}: {error}\n{_versions()}"
    dialog.add_button("Copy details", lambda: QGuiApplication.clipboard().setText(details), closes=False)
    for title, act in ways:
        dialog.add_button(title, act)
    dialog.add_button("OK", None, primary=True)
    dialog.open()
    return dialog


def show_bug(parent: QWidget | None, error: BaseException) -> QDialog:
    """Show that the program itself failed, with a report to copy."""
    from reviewer.ui import log

    log.note_bug(error)
    shown = next((box for box in QApplication.topLevelWidgets() if box.objectName() == BUG and box.isVisible()), None)
    if isinstance(shown, QDialog):
        # What fails while it is painted fails again and again; one report is enough.
        return shown
    report = bug_report(error)
    dialog = _Message(
        parent,
        "Reviewer",
        "Something in Reviewer itself went wrong.",
        "The action was not carried out; everything saved before it is safe. If it happens again, copy the report and "
        "send it to whoever looks after Reviewer for you. It may quote the text that was on screen: read it first.",
        icon="warning",
        details=report,
    )
    dialog.setObjectName(BUG)
    dialog.add_button("Copy report", lambda: QGuiApplication.clipboard().setText(report), closes=False)
    dialog.add_button("Show logs", lambda: _show_log(dialog), closes=False)
    dialog.add_button("Close", None, primary=True)
    dialog.open()
    return dialog


def bug_report(error: BaseException) -> str:
    """The text of a bug report: versions and the traceback."""
    import traceback

    return _versions() + "\n\n" + "".join(traceback.format_exception(error))


def confirm(
    parent: QWidget | None,
    what: str,
    rest: str,
    yes: str,
    done: Callable[[], None],
    no: str = "Cancel",
    *,
    final: bool = False,
) -> QDialog:
    """Ask whether to go on, where Undo could not bring things back; calls `done` for yes.

    With `final` Enter means no: what can never be taken back is not done by a hasty key.
    """
    dialog = _Message(parent, "Reviewer", what, rest, icon="question")
    dialog.add_button(no, None, primary=final)
    dialog.add_button(yes, done, primary=not final)
    dialog.open()
    return dialog


def ask_text(
    parent: QWidget | None,
    title: str,
    prompt: str,
    done: Callable[[str], None],
    text: str = "",
    *,
    multiline: bool = False,
    yes: str = "OK",
) -> QDialog:
    """Ask for a word or a text; calls `done` with it unless the person cancels or leaves it empty."""
    dialog = _Message(parent, title, title, prompt)
    field: QLineEdit | QPlainTextEdit
    if multiline:
        field = QPlainTextEdit(text)
        field.setTabChangesFocus(True)
        field.setMinimumHeight(110)
    else:
        field = QLineEdit(text)
        field.selectAll()
    field.setAccessibleName(prompt or title)
    dialog.add_field(field)

    def give() -> None:
        answer = (field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()).strip()
        if answer:
            done(answer)

    dialog.add_button("Cancel", None)
    dialog.add_button(yes, give, primary=True)
    field.setFocus()
    dialog.open()
    return dialog


def choose_open(
    parent: QWidget | None,
    title: str,
    filters: str,
    done: Callable[[list[Path]], None],
    *,
    several: bool = False,
    folder: Path | None = None,
) -> QFileDialog:
    """Ask for one file or several that exist; calls `done` with their paths."""
    dialog = QFileDialog(parent, title, str(folder or Path.home()), filters)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile)
    return _run(dialog, lambda: done([Path(name) for name in dialog.selectedFiles()]))


def choose_save(
    parent: QWidget | None,
    title: str,
    name: str,
    filters: str,
    done: Callable[[Path], None],
    *,
    folder: Path | None = None,
    suffix: str = "",
    overwrites: bool = True,
) -> QFileDialog:
    """Ask where to write a file; calls `done` with its path. A name that is taken is asked about if `overwrites`."""
    dialog = QFileDialog(parent, title, str(folder or Path.home()), filters)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not overwrites)
    dialog.selectFile(name)
    return _run(dialog, lambda: done(Path(dialog.selectedFiles()[0])))


def choose_folder(
    parent: QWidget | None, title: str, done: Callable[[Path], None], *, folder: Path | None = None
) -> QFileDialog:
    """Ask for a folder; calls `done` with its path."""
    dialog = QFileDialog(parent, title, str(folder or Path.home()))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _run(dialog, lambda: done(Path(dialog.selectedFiles()[0])))


def _run(dialog: QFileDialog, done: Callable[[], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(done)
    dialog.resize(820, 520)
    dialog.open()
    return dialog


def system_name() -> str:
    """The name under which the operating system knows the person."""
    import getpass

    try:
        import pwd

        full = pwd.getpwnam(getpass.getuser()).pw_gecos.split(",")[0].strip()
        if full and full.lower() != "root":
            return full
    except (ImportError, KeyError, OSError):
        pass
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "Annotator"


def _split(text: str) -> tuple[str, str]:
    """The first sentence, which says what happened, and the rest: what it means and what to do."""
    end = 0
    while (end := text.find(". ", end)) != -1:
        if text[end + 2 : end + 3].isupper():
            return text[: end + 1], text[end + 2 :]
        end += 2
    return text, ""


def _versions() -> str:
    import platform

    from PySide6 import __version__ as pyside

    from reviewer import __version__

    return f"Reviewer {__version__}, Python {sys.version.split()[0]}, PySide6 {pyside}, {platform.platform()}"


def _show_log(parent: QWidget) -> None:
    from reviewer.ui.dialogs.log_viewer import LogViewer

    LogViewer(parent).open()


class _Message(QDialog):
    """What happened in one line, what follows from it below, and at most a few buttons."""

    def __init__(
        self, parent: QWidget | None, title: str, what: str, rest: str, icon: str = "", details: str = ""
    ) -> None:
        super().__init__(parent.window() if parent is not None else None)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(what)
        self.setMinimumWidth(680 if details else 420)
        self.what = plain_label(what, "head", wrap=True)
        self.rest = plain_label(rest, wrap=True)
        for label in (self.what, self.rest):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFixedWidth(600 if details else 400)
        self._fields = QVBoxLayout()
        self._fields.setSpacing(8)
        self._fields.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._fields.addWidget(self.what)
        if rest:
            self._fields.addWidget(self.rest)
        if details:
            report = QPlainTextEdit(details)
            report.setReadOnly(True)
            report.setAccessibleName("Report")
            report.setMinimumSize(560, 180)
            report.setProperty("role", "code")
            self._fields.addWidget(report)
        top = QHBoxLayout()
        top.setSpacing(12)
        if icon:
            from reviewer.ui.widgets.sign import Sign

            top.addWidget(Sign(icon, 20), 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(self._fields, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addLayout(top)
        layout.addStretch(1)
        layout.addLayout(self._buttons)
        QShortcut(QKeySequence("Ctrl+Return"), self, self._press_primary)
        self._primary: QPushButton | None = None
        self._has_field = False

    def open(self) -> None:
        """Show it, with the focus in its field or on the button that Enter presses."""
        super().open()
        if self._primary is not None and not self._has_field:
            self._primary.setFocus()

    def done(self, result: int) -> None:
        """Close, and give the keys back to the window; not every screen's manager does."""
        super().done(result)
        parent = self.parentWidget()
        if parent is not None and parent.isVisible():
            parent.activateWindow()

    def add_field(self, field: QWidget) -> None:
        """Put a field under the words."""
        self._fields.addWidget(field)
        self._has_field = True

    def add_button(
        self, text: str, act: Callable[[], None] | None, *, primary: bool = False, closes: bool = True
    ) -> QPushButton:
        """Add a button; the primary one is what Enter presses."""
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        if primary:
            button.setProperty("role", "primary")
            button.setDefault(True)
            self._primary = button

        def press() -> None:
            if closes:
                (self.accept if primary else self.reject)()
            if act is not None:
                act()

        button.clicked.connect(press)
        self._buttons.addWidget(button)
        return button

    def _press_primary(self) -> None:
        if self._primary is not None:
            self._primary.click()
