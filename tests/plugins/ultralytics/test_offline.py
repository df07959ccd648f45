"""Importing ultralytics opens no connection, writes no settings for good, and leaves the process as it was."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

CODE = """
import json, os, socket
def refuse(*words): raise AssertionError(f"network: {words}")
socket.getaddrinfo = socket.socket.connect = refuse
import cv2
threads, before = cv2.getNumThreads(), dict(os.environ)
from plugins.ultralytics.yolo import Yolo
Yolo("yolov8n").build()
changed = {k: os.environ.get(k) for k in {*os.environ, *before} if os.environ.get(k) != before.get(k)}
print(json.dumps({"changed": changed, "threads": [threads, cv2.getNumThreads()]}))
"""


def test_import_has_no_side_effects(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith("YOLO")}
    env |= {"HOME": str(home), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home / ".config")}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert {key for key in said["changed"] if not key.startswith("YOLO_")} == set()
    assert said["threads"][0] == said["threads"][1]
    assert list(home.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
