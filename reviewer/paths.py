"""Where things lie on this machine: shipped resources, migrations, settings, logs."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """The shipped folder `name`: inside the installed package, or at the top of a checkout."""
    installed = PACKAGE / f"_{name}"
    return installed if installed.is_dir() else PACKAGE.parent / name


def resources() -> Path:
    """The folder of shipped data: icons, the demo project, the style sheet."""
    return _shipped("resources")


def migrations() -> Path:
    """The folder of Alembic migrations."""
    return _shipped("migrations")


def _user_folder(kind: str) -> Path:
    """A folder of this user's; REVIEWER_HOME moves all of them under one roof (tests and portable use)."""
    home = os.environ.get("REVIEWER_HOME")
    if home:
        folder = Path(home) / kind
    else:
        import platformdirs

        dirs = platformdirs.PlatformDirs("Reviewer", appauthor=False)
        folder = {"config": dirs.user_config_path, "log": dirs.user_log_path, "data": dirs.user_data_path}[kind]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def config_folder() -> Path:
    """The folder of settings.json."""
    return _user_folder("config")


def log_folder() -> Path:
    """The folder of the rotating log."""
    return _user_folder("log")


def data_folder() -> Path:
    """The folder in which the demo project is written unless told otherwise."""
    return _user_folder("data")
