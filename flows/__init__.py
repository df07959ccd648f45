"""Commands: `python -m flows.<name> group=option key=value`; `ls flows` is the manual."""

import os
from pathlib import Path

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

for _package in (components, plugins):
    _home = Path(_package.__file__ or "").resolve().parents[1]
    if _home != ROOT:
        raise ImportError(
            f"{_package.__name__!r} was imported from {_home}, which hides the one in {ROOT}. "
            f"Run from {ROOT}, or from anywhere with `python -P -m flows.<name>`."
        )
