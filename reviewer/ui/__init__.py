"""Everything Qt, and nothing else in the project is Qt."""

import sys

if sys.version_info < (3, 12) and sys.implementation.name == "cpython":
    import ctypes

    # PySide6 6.12 hands back None from each void call without counting the reference. From Python 3.12 on None is
    # immortal; before, some five thousand calls free it and the interpreter aborts. A far higher count outlives any sitting.
    for _singleton in (None, True, False):
        ctypes.c_ssize_t.from_address(id(_singleton)).value += 1 << 40
