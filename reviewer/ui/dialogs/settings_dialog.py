"""The settings, made from their declaration; each takes effect at once, so there is nothing to confirm."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from reviewer.settings import SETTINGS, Setting, Settings
from reviewer.ui.dialogs.keys_page import KeysPage
from reviewer.ui.messages import plain_label

__all__ = ["SettingsDialog"]


class SettingsDialog(QDialog):
    """Two pages: what the declaration holds, section by section, and the keys."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.resize(640, 640)
        self._settings = settings
        self.fields: dict[str, QWidget] = {}
        tabs = QTabWidget()
        tabs.setAccessibleName("Settings pages")
        tabs.tabBar().setAccessibleName("Settings pages")
        tabs.addTab(self._general(), "General")
        self.keys = KeysPage(settings)
        tabs.addTab(self.keys, "Keyboard")
        close = QPushButton("Close")
        close.setAccessibleName("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 0, 16, 12)
        foot.addWidget(plain_label("Changes take effect at once.", "smallmuted"))
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(tabs, 1)
        layout.addLayout(foot)
        self.fields["theme"].setFocus()

    def _general(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 12, 20, 12)
        column.setSpacing(8)
        form: QFormLayout | None = None
        section = ""
        for setting in SETTINGS:
            if not setting.label:
                continue
            if setting.section != section or form is None:
                section = setting.section
                if form is not None:
                    column.addSpacing(12)
                column.addWidget(plain_label(section, "head"))
                form = QFormLayout()
                form.setHorizontalSpacing(20)
                form.setVerticalSpacing(8)
                form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
                form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
                column.addLayout(form)
            self._add_line(form, setting)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _add_line(self, form: QFormLayout, setting: Setting) -> None:
        field = self._field(setting)
        field.setAccessibleName(setting.label)
        field.setAccessibleDescription(setting.help)
        self.fields[setting.key] = field
        if setting.type == "bool":
            form.addRow(field)
        else:
            label = plain_label(setting.label)
            label.setMinimumWidth(130)
            label.setBuddy(field)
            form.addRow(label, field)
        if setting.help:
            form.addRow(plain_label(setting.help, "smallmuted", wrap=True))

    def _field(self, setting: Setting) -> QWidget:
        value: Any = self._settings.get(setting.key)

        def keep(new: Any) -> None:
            if setting.accepts(new):
                self._settings.set(setting.key, new)

        if setting.type == "bool":
            box = QCheckBox(setting.label)
            box.setChecked(value)
            box.toggled.connect(keep)
            return box
        if setting.type == "int":
            number = QSpinBox()
            number.setRange(setting.minimum, setting.maximum)
            number.setSuffix(setting.suffix)
            number.setSingleStep(10)
            number.setKeyboardTracking(False)
            number.setValue(value)
            number.valueChanged.connect(keep)
            return number
        if setting.type == "choice":
            choice = QComboBox()
            choice.setMinimumWidth(180)
            for option, words in setting.choices:
                choice.addItem(words, option)
            choice.setCurrentIndex(choice.findData(value))
            choice.currentIndexChanged.connect(lambda index: keep(choice.itemData(index)))
            return choice
        text = QLineEdit(value)
        text.setMinimumWidth(260)
        text.editingFinished.connect(lambda: keep(text.text().strip()))
        return text
