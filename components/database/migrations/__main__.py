"""Writes the tables into the migrations, after a table was added or changed.

`python -m components.database.migrations` writes 0001_initial.py anew, which is right until the first release.
`python -m components.database.migrations "what changes"` adds the next migration; read it before you commit it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from components.database.migrating import configuration, move
from components.database.versions import FOLDER, known


def write(message: str) -> None:
    """The difference between what the migrations make and the tables of the schema, as a migration."""
    number = len(known()) + 1
    if not message:
        for old in FOLDER.glob("0001_*.py"):
            old.unlink()
        number, message = 1, "initial"
    with create_engine("sqlite://").connect() as connection:
        if number > 1:
            move(connection, "head")
        config = configuration()
        config.attributes["connection"] = connection
        made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
    tidy(Path(made.path))  # type: ignore[union-attr]
    print(made.path)  # type: ignore[union-attr]


def tidy(file: Path) -> None:
    """As the rest of the code, and without the remarks of the generator."""
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "# ###" not in line))
    for words in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, str(file)], check=False)


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]))
