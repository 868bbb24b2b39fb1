"""Set up and run everything from a checkout, with nothing but Python 3.11 or newer.

    python3 packaging/dev.py demo          make the environment and run the main job on the demo project
    python3 packaging/dev.py test [ARGS]   make the environment and run all tests (ARGS go to pytest)
    python3 packaging/dev.py lint          ruff, types and import contracts
    python3 packaging/dev.py screenshots   photograph every room again (light and dark, two sizes)
    python3 packaging/dev.py bench [ARGS]  the benchmarks beside their limits (--size N, --only NAME, --out DIR)
    python3 packaging/dev.py run [ARGS]    the reviewer command itself
    python3 packaging/dev.py wheel         build the wheel into dist/

The environment lies in .venv beside this checkout (REVIEWER_VENV names another place) and is made once; it is
brought up to date when pyproject.toml or the constraints change.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
VENV = Path(os.environ.get("REVIEWER_VENV") or ROOT / ".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# Shared library -> Debian package: what PySide6 needs to be imported, and what a window needs on X11 beside that.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
WINDOW_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


def say(text: str) -> None:
    """A line for the person who waits."""
    print(f"· {text}", file=sys.stderr, flush=True)


def stop(text: str) -> SystemExit:
    """The end, with what is missing and the line to type."""
    return SystemExit(f"\n{text}")


def has_screen() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def missing_libraries() -> list[str]:
    """The Debian names of the system libraries that Qt would not find here."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = dict(QT_LIBRARIES)
    if has_screen():
        wanted |= WINDOW_LIBRARIES
    missing = []
    for library, package in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def apt_install(packages: Sequence[str], why: str) -> None:
    """Install Debian packages where that is allowed; raises SystemExit with the exact line to type where it is not."""
    line = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    apt = shutil.which("apt-get")
    if apt is None:
        raise stop(
            f"{why} needs system libraries that are missing here: on Debian and Ubuntu {' '.join(packages)}.\n"
            "Install what your system calls them, then run this command again."
        )
    prefix: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode != 0:
            raise stop(f"{why} needs system packages. Type this line, then run this command again:\n\n    {line}\n")
        prefix = [sudo, "-n"]
    say(f"installing {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, apt, "update", "-qq"], check=False, env=environment, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [*prefix, apt, "install", "-y", "-qq", "--no-install-recommends", *packages],
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise stop(
            f"{why} needs system packages that could not be installed. Type this line and see why:\n\n    {line}\n"
        )


def make_venv() -> None:
    """Make the virtual environment; Debian keeps the module for that in a package of its own."""
    command = [sys.executable, "-m", "venv", str(VENV)]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    if first.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if not sys.platform.startswith("linux"):
        raise stop(f"The environment could not be made:\n{first.stdout}{first.stderr}")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    apt_install([version if sys.executable.startswith("/usr/bin") else "python3-venv"], "Making the environment")
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    if second.returncode != 0:
        raise stop(f"The environment could not be made:\n{second.stdout}{second.stderr}")


def environment(*, dev: bool) -> None:
    """Have an environment in which the project, and with `dev` its tests, run."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + CONSTRAINTS.read_bytes()).hexdigest()
    stamp = VENV / ".reviewer-stamp"
    have = stamp.read_text().split() if stamp.is_file() else []
    if not (PYTHON.is_file() and have[:1] == [wanted] and (not dev or "dev" in have)):
        if not PYTHON.is_file():
            say(f"making the environment in {VENV}")
            make_venv()
        say("installing what the project needs (once; a few minutes on a slow line)")
        target = f"{ROOT}[dev]" if dev else str(ROOT)
        done = subprocess.run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", CONSTRAINTS, "-e", target],
            check=False,
        )
        if done.returncode != 0:
            raise stop("pip could not install the dependencies; its own words stand above.")
        stamp.write_text(f"{wanted} {'dev' if dev or 'dev' in have else 'run'}\n")
    missing = missing_libraries()
    if missing:
        apt_install(missing, "Qt")
        still = missing_libraries()
        if still:
            raise stop(f"Qt still misses {', '.join(still)} after installing; see what apt-get says about them.")


def run(*command: str | Path, **extra: str) -> int:
    """Run a command of the environment from the top of the checkout; returns its exit code."""
    return subprocess.run(
        [str(PYTHON), *map(str, command)], cwd=ROOT, env={**os.environ, **extra}, check=False
    ).returncode


def demo(arguments: Sequence[str]) -> int:
    """The main job on the demo project: in the app where there is a screen, printed where there is none."""
    environment(dev=False)
    window = has_screen() and "--no-window" not in arguments
    if not window and "--no-window" not in arguments:
        say("no screen here, so the job runs without a window")
        arguments = [*arguments, "--no-window"]
    return run("-m", "reviewer", "demo", *arguments)


def test(arguments: Sequence[str]) -> int:
    """All tests, on every core."""
    environment(dev=True)
    return run("-m", "pytest", "-q", "-n", "auto", *arguments, QT_QPA_PLATFORM="offscreen")


def lint(arguments: Sequence[str]) -> int:
    """Style, types and import contracts; all three run, and one failure fails."""
    environment(dev=True)
    steps = (
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "--quiet", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
    )
    return max(run(*step, *arguments) for step in steps)


def screenshots(arguments: Sequence[str]) -> int:
    """Photograph every room of the demo project."""
    environment(dev=False)
    return run("packaging/screenshots.py", *arguments, QT_QPA_PLATFORM="offscreen")


def bench(arguments: Sequence[str]) -> int:
    """Every benchmark, each figure beside its raw limit."""
    environment(dev=True)
    return run("-m", "tests.benchmarks", *arguments, QT_QPA_PLATFORM="offscreen")


def wheel(arguments: Sequence[str]) -> int:
    """Build the wheel with its migrations and resources."""
    environment(dev=False)
    return run("-m", "pip", "wheel", "--quiet", "--no-deps", "-w", "dist", ".", *arguments)


def reviewer(arguments: Sequence[str]) -> int:
    """The reviewer command itself."""
    environment(dev=False)
    return run("-m", "reviewer", *arguments)


COMMANDS = {
    "demo": demo,
    "test": test,
    "lint": lint,
    "screenshots": screenshots,
    "bench": bench,
    "run": reviewer,
    "wheel": wheel,
}


def main() -> int:
    """Run the command that was asked for."""
    if sys.version_info < (3, 11):  # noqa: UP036  whoever runs this may have an older one
        raise stop(f"Reviewer needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 2
    return COMMANDS[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    raise SystemExit(main())
