"""A database that is away when somebody begins is used as soon as it is there."""

from __future__ import annotations

import pytest

from components.contracts import Camera, InputError
from components.database.database import Database
from components.database.later import Later
from components.database.registry import Registry

CAMERA = Camera("hall", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def test_it_is_asked_for_until_it_is_there_and_then_made_once(tmp_path):
    (tmp_path / "folder").write_text("a file in its place")
    made = []

    def make() -> Database:
        made.append(Database(f"sqlite:///{tmp_path}/folder/ward.db"))
        return made[-1]

    database = Later(make)
    database.close()
    for _ in range(2):
        with pytest.raises(InputError, match=r"folder"):
            Registry(database).add_camera(CAMERA, "site", 0)
    (tmp_path / "folder").unlink()
    Registry(database).add_camera(CAMERA, "site", 0)
    assert [known.camera.id for known in Registry(database).versions("hall")] == ["hall"] and len(made) == 1
    assert database.shown == made[0].shown
    database.close()
