"""Imports ultralytics without its side effects: no network, no settings in the home folder, no thread limits for the rest."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from types import ModuleType

import cv2

_ONLY_HERE = ("OMP_NUM_THREADS", "NUMEXPR_MAX_THREADS", "TF_CPP_MIN_LOG_LEVEL", "TORCH_CPP_LOG_LEVEL", "KINETO_LOG_LEVEL")


def import_offline(name: str) -> ModuleType:
    """The module `name` of ultralytics. The first call decides where its settings go: a folder that dies with the process."""
    if name.partition(".")[0] in sys.modules:
        return importlib.import_module(name)
    settings = tempfile.mkdtemp(prefix="wardflow-ultralytics-")
    atexit.register(shutil.rmtree, settings, ignore_errors=True)
    os.environ |= {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": settings, "YOLO_VERBOSE": "false", "YOLO_AUTOINSTALL": "false"}
    before, threads = {key: os.environ.get(key) for key in _ONLY_HERE}, cv2.getNumThreads()
    module = importlib.import_module(name)
    cv2.setNumThreads(threads)
    for key, value in before.items():
        _restore(key, value)
    return module


def _restore(key: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(key, None)
    else:
        os.environ[key] = value
