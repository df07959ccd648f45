"""Which code is running: the git commit, and whether it was changed since."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from flows import ROOT


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's name, empty outside a git checkout, and whether files differ from it."""

    name: str
    dirty: bool


def commit() -> Commit:
    return Commit(_git("rev-parse", "HEAD"), bool(_git("status", "--porcelain", "--untracked-files=no")))


def changes() -> str:
    """How tracked files differ from the commit, as a patch."""
    return _git("diff", "HEAD", "--binary", strip=False)


def subject(name: str) -> str:
    """When a commit was made and what it says; empty where this checkout does not have it."""
    return _git("log", "-1", "--format=%ci %s", f"{name}^{{commit}}")


def _git(*words: str, strip: bool = True) -> str:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if strip else done.stdout
