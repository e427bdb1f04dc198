"""What pip builds the package with: with the native library in it, or not at all.

`pip install Sources/Python` takes the libraries that `make wheel` left in `.build/library/lib`, or
those in the folder that GOBBET_LIBRARY_FOLDER names. With GOBBET_PURE=1 it installs the package
without them, which then reads files and does nothing else. `pip install -e` takes the library that
GOBBET_LIBRARY names when the package is used.
"""

from __future__ import annotations

import os
import pathlib
from typing import Any

import build_wheel as wheels

_REASON = """\
gobbet: there is no native library in {folder}, and without it the package only reads files.
  In a clone with Swift:  make wheel && pip install .build/wheels/gobbet-*.whl
  Elsewhere:              install a wheel that was built so
  To read files only:     GOBBET_PURE=1 pip install Sources/Python"""


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """What `build_wheel` needs: nothing, where there is a library."""
    return ["setuptools>=77"] if os.environ.get("GOBBET_PURE") else []


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    """What `build_editable` needs."""
    return ["setuptools>=77"] if _is_found_later() else []


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    """What `build_sdist` needs."""
    return ["setuptools>=77"]


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None
) -> str:
    """Builds a wheel with the library, or says why not; its name."""
    if os.environ.get("GOBBET_PURE"):
        from setuptools import build_meta

        name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
        return name
    named = os.environ.get("GOBBET_LIBRARY_FOLDER")
    folder = pathlib.Path(named) if named else wheels.HERE.parent.parent / ".build/library/lib"
    libraries = wheels.libraries_in(folder)
    if not any(library.name.startswith("libgobbet.") for library in libraries):
        raise SystemExit(_REASON.format(folder=folder))
    return wheels.build(libraries, pathlib.Path(wheel_directory)).name


def build_editable(
    wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None
) -> str:
    """Builds what `pip install -e` installs, if the library is found otherwise; its name."""
    if not _is_found_later():
        raise SystemExit(_REASON.format(folder="GOBBET_LIBRARY, which names none"))
    from setuptools import build_meta

    name: str = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Builds a source distribution, which holds no library; its name."""
    from setuptools import build_meta

    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    return name


def _is_found_later() -> bool:
    return bool(os.environ.get("GOBBET_PURE") or os.environ.get("GOBBET_LIBRARY"))
