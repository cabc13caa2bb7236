"""The tables of the journal. A change of them is a new version, with a step that leads to it."""

from __future__ import annotations

APPLICATION = 0x656E6A31  # "enj1": says that a SQLite file is a journal of ours
VERSION = 1

SCHEMA = (
    """create table target (
        id integer primary key, domain text not null, folder text not null, path text not null,
        integration text not null, title text not null, unique (domain, folder, integration))""",
    # items: how many there are in the files, which were valid when it was begun.
    """create table submission (
        id integer primary key, target integer not null references target, words text not null, items integer not null,
        started text not null)""",
    "create index submission_words on submission (words)",
    # done, failed, cancelled: as Encord counts them. content: the entries, so that a batch can be
    # sent again and its failures named whatever became of the file;
    # kept until the batch is finished.
    """create table batch (
        id integer primary key, target integer not null references target,
        submission integer not null references submission, hash blob not null, items integer not null,
        settings text not null, state text not null, job text, attempts integer not null default 0, sent_at text,
        changed_at text not null, done integer not null default 0, failed integer not null default 0,
        cancelled integer not null default 0, content blob, unique (target, hash))""",
    "create index batch_state on batch (target, state)",
    "create index batch_submission on batch (submission)",
    "create index batch_job on batch (job)",
    """create table item (
        target integer not null, key blob not null, batch integer not null, primary key (target, key)) without rowid""",
    "create index item_batch on item (batch)",
    """create table failure (
        target integer not null, key blob not null, batch integer not null, file text not null, line integer not null,
        entry blob not null, error text not null, primary key (target, key)) without rowid""",
    "create index failure_batch on failure (batch, file, line)",
)
