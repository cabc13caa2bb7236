"""The record of one thing wrong with a registration file, and every id that it can have.

An id is never renamed and never used again for something else. What an id means, why it
matters and how it is mended stands in `catalogue.py`; docs/findings/ is generated from there.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

SCHEMA_VERSION = 1


class Severity(StrEnum):
    """How bad it is. An error is refused or lost by Encord, a warning may be meant so."""

    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """For comparing; higher is worse."""
        return list(Severity).index(self)


class FindingId(StrEnum):
    """Every finding there is. 1xx the text, 2xx the schema, 3xx URLs, 4xx metadata, 5xx limits, 6xx CSV."""

    BYTE_ORDER_MARK = "REG101"
    NOT_TEXT = "REG102"
    NOT_AN_OBJECT = "REG103"
    TRAILING_COMMA = "REG104"
    MISSING_COMMA = "REG105"
    PLACEHOLDER_VALUE = "REG106"
    SYNTAX = "REG107"
    TRUNCATED = "REG108"
    TEXT_AFTER_END = "REG109"
    REPEATED_KEY = "REG110"
    TOO_DEEP = "REG111"
    TOO_LARGE = "REG112"
    LONE_SURROGATE = "REG113"
    NOT_JSON_LITERAL = "REG114"

    UNKNOWN_KEY = "REG201"
    WRONG_TYPE = "REG202"
    MISSING_FIELD = "REG203"
    EMPTY_VALUE = "REG204"
    URL_NUMBERING = "REG205"
    CREATE_VIDEO_LEFT_OUT = "REG206"
    TITLE_TOO_LONG = "REG207"
    UPSERT_WITHOUT_SKIP = "REG208"
    NOTHING_TO_REGISTER = "REG209"
    UNCHECKED_SECTION = "REG210"

    URL_WHITESPACE = "REG301"
    URL_PLUS = "REG302"
    URL_RELATIVE = "REG303"
    URL_PLACEHOLDER = "REG304"
    URL_SCHEME = "REG305"
    URL_CHARACTER = "REG306"
    URL_FORM = "REG307"
    MRAP_FORM = "REG308"
    MRAP_SPELLING = "REG309"
    URL_TOO_LONG = "REG310"
    URL_NOT_OF_INTEGRATION = "REG311"
    MIXED_CLOUDS = "REG312"
    EXTENSION = "REG313"
    REPEATED_URL = "REG314"
    REPEATED_URL_ACROSS_FILES = "REG315"
    OBJECT_MISSING = "REG316"
    OBJECT_UNREADABLE = "REG317"
    OBJECT_UNKNOWN = "REG318"

    MEDIA_METADATA_INCOMPLETE = "REG401"
    MEDIA_METADATA_VALUE = "REG402"
    METADATA_KEY = "REG403"
    METADATA_VALUE = "REG404"
    ENCORD_METADATA = "REG405"
    EMBEDDING_LENGTH = "REG406"
    EMBEDDING_VALUE = "REG407"
    STRICT_CLIENT_ONLY = "REG408"

    TOO_MANY_URLS = "REG501"
    TOO_MANY_ITEMS = "REG502"

    CSV_HEADING = "REG601"
    CSV_NO_HEADINGS = "REG602"
    CSV_COLUMNS = "REG603"
    CSV_CREATE_VIDEO = "REG604"
    CSV_QUOTING = "REG605"
    CSV_SINGLE_COLUMN = "REG606"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing wrong with one registration file.

    line and column count from 1, in characters. path: where in the document, as
    `$.videos[3].title`; in a CSV file the heading of the column. text: the offending text,
    shortened, never with the query of a signed URL. fix: what to do. repairable: whether
    `integrations registration repair` does it.
    """

    id: FindingId
    severity: Severity
    file: str
    line: int
    column: int
    path: str
    text: str
    message: str
    fix: str
    repairable: bool

    @property
    def page(self) -> str:
        """The documentation of the id, relative to the project."""
        return f"docs/findings/{self.id}.md"


class Edit(Struct, frozen=True, kw_only=True):
    """One change of the file: `[start, end)` gives way to `text`, then to the bytes of `[move_start, move_end)`.

    Moved bytes are themselves subject to the other edits; they leave their old place by an edit of their own.
    """

    start: int
    end: int
    text: bytes = b""
    move_start: int = 0
    move_end: int = 0


class Defect(Struct, frozen=True):
    """A finding before anybody counted lines: where it is, in bytes from the start of the file, and how to mend it."""

    id: FindingId
    offset: int
    path: str
    text: str
    message: str
    fix: str
    edits: tuple[Edit, ...] = ()
