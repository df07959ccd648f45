"""What Alembic runs: migrations go over a connection that components/database/migrating.py has opened, in its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import LargeBinary, String

from components.database.schema import Base
from components.database.versions import TABLE


def rendered(kind: str, item: Any, about: AutogenContext) -> str | Literal[False]:
    """Our own types by their names, so that a migration is the same for every kind of database."""
    if kind != "type" or not isinstance(item, String | LargeBinary):
        return False
    name = "words" if isinstance(item, String) else "content"
    about.imports.add(f"from components.database.columns import {name}")
    return f"words({item.length})" if isinstance(item, String) else "content()"


settings = {
    "target_metadata": Base.metadata, "version_table": TABLE, "compare_type": True, "render_as_batch": True,
    "render_item": rendered,
}  # fmt: skip
if context.is_offline_mode():
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True, **settings)  # type: ignore[arg-type]
else:
    context.configure(connection=context.config.attributes["connection"], **settings)  # type: ignore[arg-type]
with context.begin_transaction():
    context.run_migrations()
