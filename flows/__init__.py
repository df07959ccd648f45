"""Commands: `python -m flows.<name> group=option key=value`; `ls flows` is the manual."""

from pathlib import Path

import components
import plugins

ROOT = Path(__file__).resolve().parents[1]

for _package in (components, plugins):
    _home = Path(_package.__file__ or "").resolve().parents[1]
    if _home != ROOT:
        raise ImportError(
            f"{_package.__name__!r} was imported from {_home}, which hides the one in {ROOT}. "
            f"Run from {ROOT}, or from anywhere with `python -P -m flows.<name>`."
        )
