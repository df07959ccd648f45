"""Who looked at what."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class ViewingRow(Base):
    """A look at the picture of a camera: who, from where, when, at what."""

    __tablename__ = "viewings"
    at: Nanoseconds = mapped_column(primary_key=True)  # by the wall's clock
    session: Mapped[Name] = mapped_column(primary_key=True)  # of the browser that signed in
    camera: Mapped[Name] = mapped_column(primary_key=True)
    moment: Nanoseconds  # fleet time of the picture
    address: Mapped[str]  # of the browser
