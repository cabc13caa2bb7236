"""Users, their public keys and their bearer tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Role = Literal["admin", "user"]


class User(Struct, frozen=True):
    """A member of the one organisation. An admin may see what everybody has, when asking for it."""

    email: str
    role: Role


def put_user(db: sqlite3.Connection, user: User, public_keys: Iterable[str]) -> None:
    """Make or change a user; the keys given are then theirs, and no others are."""
    db.execute(
        "insert into user values (?, ?) on conflict (email) do update set role = excluded.role", (user.email, user.role)
    )
    db.execute("delete from public_key where email = ?", (user.email,))
    db.executemany("insert or replace into public_key values (?, ?)", [(key, user.email) for key in public_keys])


def all_users(db: sqlite3.Connection) -> list[User]:
    """Every user, by e-mail address."""
    return [User(row["email"], row["role"]) for row in db.execute("select * from user order by email")]


def user_exists(db: sqlite3.Connection, email: str) -> bool:
    """Whether there is such a user."""
    return db.execute("select 1 from user where email = ?", (email,)).fetchone() is not None


def user_by_key(db: sqlite3.Connection, key: str) -> User | None:
    """Whose registered public key this is."""
    return _user(db, "select user.* from user join public_key using (email) where hex = ?", (key,))


def user_by_token(db: sqlite3.Connection, digest: str, at: float) -> User | None:
    """Whose bearer token this is, if it has not expired at that time."""
    return _user(db, "select user.* from user join token using (email) where digest = ? and expires > ?", (digest, at))


def add_token(db: sqlite3.Connection, digest: str, email: str, expires: float) -> None:
    """Remember a bearer token (by its digest) until it expires."""
    db.execute("insert into token values (?, ?, ?)", (digest, email, expires))


def _user(db: sqlite3.Connection, query: str, values: tuple[str | float, ...]) -> User | None:
    row = db.execute(query, values).fetchone()
    return User(row["email"], row["role"]) if row else None
