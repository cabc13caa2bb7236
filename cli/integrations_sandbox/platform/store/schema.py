"""The tables. `id` is the row number, which orders by creation; `uuid` is what the outside knows."""

from __future__ import annotations

SCHEMA = (
    "create table if not exists user (email text primary key, role text not null)",
    "create table if not exists public_key (hex text primary key, email text not null references user on delete cascade)",
    """create table if not exists token (
        digest text primary key, email text not null references user on delete cascade, expires real not null)""",
    "create table if not exists integration (uuid text primary key, title text not null, record text not null)",
    """create table if not exists folder (
        id integer primary key, uuid text not null unique, parent text references folder (uuid) on delete cascade,
        name text not null, description text not null, client_metadata text not null, owner text not null,
        created_at text not null, edited_at text not null, integration text, remote_url text)""",
    "create index if not exists folder_parent on folder (parent)",
    "create index if not exists folder_owner on folder (owner)",
    """create table if not exists folder_share (
        folder text not null references folder (uuid) on delete cascade, email text not null, role text not null,
        primary key (folder, email)) without rowid""",
    """create table if not exists item (
        id integer primary key, uuid text not null unique,
        folder text not null references folder (uuid) on delete cascade,
        type text not null, name text not null, description text not null default '', client_metadata text not null,
        owner text not null, created_at text not null, edited_at text not null,
        integration text, url text, object_url text, identity text,
        file_size integer, mime_type text, width integer, height integer, duration real, fps real, frame_count integer,
        dicom_study_uid text, dicom_series_uid text, dicom_instance_uid text,
        audio_sample_rate integer, audio_bit_depth integer, audio_codec text, audio_num_channels integer)""",
    "create index if not exists item_name on item (folder, name, id)",
    "create index if not exists item_created on item (folder, id)",
    "create index if not exists item_identity on item (folder, identity) where identity is not null",
    """create table if not exists item_child (
        parent integer not null references item (id) on delete cascade, position integer not null,
        child integer not null references item (id) on delete cascade,
        primary key (parent, position)) without rowid""",
    "create index if not exists item_child_child on item_child (child)",
    """create table if not exists job (
        id integer primary key, uuid text not null unique,
        folder text not null references folder (uuid) on delete cascade,
        integration text, owner text not null, status text not null, ignore_errors integer not null,
        skip_duplicates integer not null, upsert_metadata integer not null, file_name text, created_at text not null)""",
    "create index if not exists job_status on job (status)",
    "create index if not exists job_folder on job (folder)",
    """create table if not exists unit (
        id integer primary key, uuid text not null, job integer not null references job (id) on delete cascade,
        state text not null default 'pending', spec blob not null,
        item text, name text, error text)""",
    "create index if not exists unit_state on unit (job, state, id)",
)
