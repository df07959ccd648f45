"""Commands: `python -m flows.<name> group=option key=value`; `ls flows` is the manual."""

import os
import sys
from pathlib import Path
from types import TracebackType

import components
import plugins

# Before any library reads them: nothing phones home, and OpenMP threads that wait do not spin on a core that others need.
_SWITCHES = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
}
for _name, _value in _SWITCHES.items():
    os.environ.setdefault(_name, _value)

ROOT = Path(__file__).resolve().parents[1]


def _interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Who interrupts a command while it is still being loaded needs no trace."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


if sys.argv[:1] == ["-m"]:  # as long as `python -m flows.<name>` looks for that file
    sys.excepthook = _interrupted

for _package in (components, plugins):
    _home = Path(_package.__file__ or "").resolve().parents[1]
    if _home != ROOT:
        raise ImportError(
            f"{_package.__name__!r} was imported from {_home}, which hides the one in {ROOT}. "
            f"Run from {ROOT}, or from anywhere with `python -P -m flows.<name>`."
        )
