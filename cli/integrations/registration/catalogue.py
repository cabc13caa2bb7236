"""What every finding means: its severity, and what its page in docs/findings/ says.

The page of an id is made from here (`page`), and a test holds the two together.
"""

from __future__ import annotations

from msgspec import Struct

from integrations.registration.findings import FindingId, Severity
from integrations.registration.model import MAX_EMBEDDING, MAX_ITEMS, MAX_TITLE, MAX_URL_BYTES, MAX_URLS


class Entry(Struct, frozen=True):
    """title: in a few words. why: what happens if it stays. fix: what to do. repair: what `repair` does, empty if nothing."""

    severity: Severity
    title: str
    why: str
    fix: str
    repair: str = ""


_E, _W = Severity.ERROR, Severity.WARNING
_LOST = "Encord refuses the whole file."

CATALOGUE: dict[FindingId, Entry] = {
    FindingId.BYTE_ORDER_MARK: Entry(
        _E,
        "Byte order mark",
        "JSON forbids it, and decoders refuse it.",
        "Save the file as UTF-8 without BOM.",
        "Removes it.",
    ),
    FindingId.NOT_TEXT: Entry(
        _E,
        "Not UTF-8 text",
        "The file is compressed, in UTF-16, a spreadsheet, or damaged. Nothing in it can be trusted.",
        "Unpack it, or save it as UTF-8.",
    ),
    FindingId.NOT_AN_OBJECT: Entry(
        _E,
        "No JSON object",
        "A registration file is one JSON object whose keys are the kinds of files.",
        'Put the list of items under its kind: `{"images": [...]}`.',
    ),
    FindingId.TRAILING_COMMA: Entry(
        _E, "Trailing comma", f"JSON forbids it. {_LOST}", "Remove the comma.", "Removes it."
    ),
    FindingId.MISSING_COMMA: Entry(
        _E, "Missing comma", f"JSON needs it between two entries. {_LOST}", "Put it.", "Puts it."
    ),
    FindingId.PLACEHOLDER_VALUE: Entry(
        _E,
        "Placeholder",
        'The value was copied from a template and never filled in: unquoted words, a choice such as `"frame" or "seconds"`,'
        " or a text in angle brackets.",
        "Put the real value.",
    ),
    FindingId.SYNTAX: Entry(
        _E,
        "Not JSON",
        f"{_LOST} Reading goes on at the next item, so later findings are found all the same.",
        "See the message.",
        "Mends what has one sensible reading: a missing colon, a comma too many, a key without quotes.",
    ),
    FindingId.TRUNCATED: Entry(
        _E, "The file ends in the middle", "Items are missing.", "Write or copy the file again."
    ),
    FindingId.TEXT_AFTER_END: Entry(
        _E, "Text behind the end", f"A file holds one document. {_LOST}", "Remove it, or make it a file of its own."
    ),
    FindingId.REPEATED_KEY: Entry(
        _E,
        "Repeated key",
        "JSON decoders keep one of the values, mostly the last, and say nothing: with a section that stands in the file"
        " twice, the items of the first are lost. Encord's own example for several kinds has this mistake.",
        "Put all items of a kind into one list.",
        "Merges the lists of a repeated section; removes a repeated key whose value is the same. Of two different values"
        " it keeps none away from you.",
    ),
    FindingId.TOO_DEEP: Entry(_E, "Nested too deeply", "Decoders give up on such a value.", "Flatten it."),
    FindingId.TOO_LARGE: Entry(_E, "One value is too large", "An item of this size is not checked.", "Split it."),
    FindingId.LONE_SURROGATE: Entry(
        _E,
        "Half a character",
        "Half of a surrogate pair is no character, and cannot be stored.",
        "Write the character in UTF-8.",
    ),
    FindingId.NOT_JSON_LITERAL: Entry(
        _E,
        "Not JSON's spelling",
        f"`True`, `None`, single quotes, comments and `NaN` are not JSON. {_LOST}",
        "Write `true`, `null`, double quotes, no comment, a number.",
        "Writes JSON's spelling and removes comments. `NaN` and infinities it refuses: no number is meant by them.",
    ),
    FindingId.UNKNOWN_KEY: Entry(
        _E,
        "Unknown key",
        "What stands under a key that Encord does not know is ignored or refused; which of the two is not documented.",
        "Use the key that was meant.",
        "Renames it if it differs only in case, `_`, `-` or spaces.",
    ),
    FindingId.WRONG_TYPE: Entry(
        _E,
        "Wrong type",
        "Encord refuses the item.",
        "Put a value of the right type.",
        "Takes quotes off a number or truth value.",
    ),
    FindingId.MISSING_FIELD: Entry(_E, "Missing field", "The item cannot be registered without it.", "Add it."),
    FindingId.EMPTY_VALUE: Entry(
        _E, "Empty value", "An empty title or URL names nothing.", "Fill it in, or leave an empty title out."
    ),
    FindingId.URL_NUMBERING: Entry(
        _E,
        "Gap in objectUrl_0 … objectUrl_N",
        "The positions count from 0. At a gap it is unknown whether a file is missing or only a number.",
        "Add the missing file, or number the others anew.",
    ),
    FindingId.CREATE_VIDEO_LEFT_OUT: Entry(
        _E,
        "createVideo is left out",
        "The default is not the same everywhere: `true` in CSV, `false` in Encord's SDK, unknown for JSON. A group becomes a"
        " video, or a sequence does not.",
        "Write `true` for a sequence, `false` for a group.",
    ),
    FindingId.TITLE_TOO_LONG: Entry(_E, "Title too long", f"Encord takes {MAX_TITLE} characters.", "Shorten it."),
    FindingId.UPSERT_WITHOUT_SKIP: Entry(
        _W,
        "upsert_metadata has no effect",
        "Encord updates the metadata of existing items only together with `skip_duplicate_urls`.",
        "Set `skip_duplicate_urls` to true, or leave `upsert_metadata` out.",
    ),
    FindingId.NOTHING_TO_REGISTER: Entry(
        _E, "Nothing to register", "The file names no item.", "Add items, or do not submit it."
    ),
    FindingId.UNCHECKED_SECTION: Entry(
        _W,
        "Undocumented section",
        "Encord's SDK knows this section, but its form in JSON is nowhere documented, so its items are not checked.",
        "Ask Encord.",
    ),
    FindingId.URL_WHITESPACE: Entry(
        _E,
        "White space in a URL",
        "Encord's documentation forbids it; the object is not found.",
        "Trim the URL, write a space in a key as `%20`.",
        "Does that.",
    ),
    FindingId.URL_PLUS: Entry(
        _W,
        "Raw + in a URL",
        'S3, Cloud Storage and Azure read `+` in a path as a plus. The S3 console\'s "Object URL" shows a space as `+`,'
        " so a URL copied from there names another object. Encord's own example has it.",
        "Write `%20` if the key has a space, `%2B` if it has a plus.",
        "Only when told which of the two: `--plus space` or `--plus plus`.",
    ),
    FindingId.URL_RELATIVE: Entry(
        _E,
        "A path, not a URL",
        "Encord needs the whole URL.",
        "Put `https://` and the bucket before it.",
        "Adds `https://` if a host of a cloud stands first.",
    ),
    FindingId.URL_PLACEHOLDER: Entry(
        _E, "Placeholder in place of a URL", "It was copied from a template.", "Put the object's URL."
    ),
    FindingId.URL_SCHEME: Entry(
        _E,
        "Not https://",
        "`s3://` and `gs://` are for cloud-synced folders; a registration file needs https.",
        "Write the https form.",
        "Rewrites `HTTPS://`, `gs://`, and `http://` on a host of a cloud. `s3://` does not say the region: that it refuses.",
    ),
    FindingId.URL_CHARACTER: Entry(
        _E,
        "Character that a URL cannot hold",
        "What is not percent-encoded is read differently by every program on the way.",
        "Percent-encode it.",
        "Does that.",
    ),
    FindingId.URL_FORM: Entry(
        _E,
        "Not an object URL",
        "The host is none, or the URL names no bucket or no object.",
        "Compare it with the forms in docs/registration.md.",
    ),
    FindingId.MRAP_FORM: Entry(
        _E,
        "Not an object behind a Multi-Region Access Point",
        "The ARN has an account of 12 digits and an alias that ends in `.mrap`.",
        "Copy the ARN from the access point's page in the AWS console.",
    ),
    FindingId.MRAP_SPELLING: Entry(
        _W,
        "Multi-Region Access Point in another spelling",
        "Encord's text and its example disagree on the spelling. One file should not have two.",
        "Use the spelling that works for you everywhere; choose it with `--mrap-spelling`.",
        "Rewrites it, where the account is known.",
    ),
    FindingId.URL_TOO_LONG: Entry(_E, "URL too long", f"Encord takes {MAX_URL_BYTES:,} bytes.", "Use a shorter key."),
    FindingId.URL_NOT_OF_INTEGRATION: Entry(
        _E,
        "Object outside the integration",
        "The integration may not read it, so every unit of it fails.",
        "Register it with the integration of its bucket.",
    ),
    FindingId.MIXED_CLOUDS: Entry(
        _E,
        "Clouds mixed in one group",
        "An integration reads from one cloud, so part of the group fails.",
        "Keep a group in one cloud.",
    ),
    FindingId.EXTENSION: Entry(
        _W,
        "File name of another kind",
        'Encord says "Expected a video, got a file of type ...", unless only the name is wrong.',
        "Move the item to the section of its kind.",
    ),
    FindingId.REPEATED_URL: Entry(
        _W,
        "Object named twice",
        "It is registered twice, or with `skip_duplicate_urls` once; one of the two titles is lost then.",
        "Remove one.",
    ),
    FindingId.REPEATED_URL_ACROSS_FILES: Entry(
        _W, "Object named in two files", "As within one file, if both go into one folder.", "Remove one."
    ),
    FindingId.OBJECT_MISSING: Entry(
        _E,
        "No such object",
        "The cloud says that it, or its bucket, is not there.",
        "Correct the bucket or the key, or upload the object.",
    ),
    FindingId.OBJECT_UNREADABLE: Entry(
        _E,
        "Object cannot be read",
        "The cloud refuses whoever ran this check; a signed URL allows nothing any more; or the URL says another region than"
        " the bucket's.",
        "See the message; run `integrations check`, renew the URL, or write the bucket's region.",
    ),
    FindingId.OBJECT_UNKNOWN: Entry(
        _W,
        "Object could not be asked for",
        "There are no credentials, or the cloud does not answer or is busy. The run is incomplete: exit code 4.",
        "See the message; ask again.",
    ),
    FindingId.MEDIA_METADATA_INCOMPLETE: Entry(
        _E,
        "Incomplete media metadata",
        "Once the object is there, Encord takes it without looking at the file, and needs all of it.",
        "Add what is missing, or remove the object.",
    ),
    FindingId.MEDIA_METADATA_VALUE: Entry(
        _E,
        "Impossible media metadata",
        "Encord believes it, and labels land on wrong frames.",
        "Measure the file.",
    ),
    FindingId.METADATA_KEY: Entry(
        _E,
        "Metadata key that Encord refuses",
        "A key is letters, digits, `-`, `_`, `.` and spaces, does not start with `$` and is not `keyframes`.",
        "Rename it.",
    ),
    FindingId.METADATA_VALUE: Entry(
        _E, "Metadata value that cannot be stored", "It fits no type.", "Put another value."
    ),
    FindingId.ENCORD_METADATA: Entry(
        _E,
        "Malformed $encord",
        "Key frames, sampling rate or frame embeddings are not understood.",
        "`frames` is a list of frames, or an object of embeddings by frame; `config` holds `sampling_rate` and `keyframe_mode`"
        ' ("frame" or "seconds").',
    ),
    FindingId.EMBEDDING_LENGTH: Entry(
        _E,
        "Embeddings of unequal length",
        f"All embeddings of one name have the length that the organisation's schema says, at most {MAX_EMBEDDING}.",
        "Compute them with one model.",
    ),
    FindingId.EMBEDDING_VALUE: Entry(
        _E, "Embedding with something that is no number", "NaN and null cannot be compared.", "Compute it again."
    ),
    FindingId.STRICT_CLIENT_ONLY: Entry(
        _E,
        "Media metadata missing under strict client-only access",
        "Encord cannot read the file then, and so cannot measure it.",
        "Add the media metadata to every item, in JSON: CSV cannot carry it.",
    ),
    FindingId.TOO_MANY_URLS: Entry(
        _E,
        "Too many URLs",
        f"Encord takes {MAX_URLS:,} in one file.",
        "Split it with `integrations registration split`.",
    ),
    FindingId.TOO_MANY_ITEMS: Entry(
        _E,
        "Too many items",
        f"Encord takes {MAX_ITEMS:,} in one file.",
        "Split it with `integrations registration split`.",
    ),
    FindingId.CSV_HEADING: Entry(
        _E,
        "Unknown heading, or two that say the same",
        "The headings say which kind the rows are. Of two URLs, titles or kinds in one row nobody knows which counts.",
        "Use one ObjectURL with Video title, Image title, Image group title and Create video, or Series title.",
        "Corrects one that differs only in case, `_`, `-` or spaces.",
    ),
    FindingId.CSV_NO_HEADINGS: Entry(_E, "No headings", "The first row must be headings.", "Add them."),
    FindingId.CSV_COLUMNS: Entry(
        _E,
        "Wrong number of columns",
        "The row does not fit the headings above it.",
        "Quote values with commas in them.",
    ),
    FindingId.CSV_CREATE_VIDEO: Entry(
        _E,
        "Create video is neither true nor false",
        "A blank is `true`, that is a sequence.",
        "Write `true`, `false`, or nothing for `true`.",
    ),
    FindingId.CSV_QUOTING: Entry(
        _E,
        "Broken quotes",
        "Everything up to the next quote is read as one value.",
        "Close the quote; double a quote within.",
    ),
    FindingId.CSV_SINGLE_COLUMN: Entry(
        _W,
        "Single column with something else than videos",
        'Encord reads a single ObjectURL column as videos: "Expected a video, got a file of type ...".',
        "Add the title column of the kind.",
    ),
}


def page(finding: FindingId) -> str:
    """The documentation page of one id, as Markdown."""
    entry = CATALOGUE[finding]
    lines = [
        f"# {finding}: {entry.title}",
        "",
        f"Severity: {entry.severity}. Found by `integrations registration validate`.",
        "",
        f"**Why it matters.** {entry.why}",
        "",
        f"**What to do.** {entry.fix}",
        "",
        f"**What `repair` does.** {entry.repair or 'Nothing: only you know what is meant.'}",
    ]
    return "\n".join(lines) + "\n"


def index() -> str:
    """The list of all ids, as Markdown."""
    rows = [f"| [{one}]({one}.md) | {CATALOGUE[one].severity} | {CATALOGUE[one].title} |" for one in FindingId]
    head = ["# Findings in registration files", "", "Generated from `integrations.registration.catalogue`.", ""]
    return "\n".join([*head, "| id | severity | what |", "| --- | --- | --- |", *rows]) + "\n"


def pages() -> dict[str, str]:
    """Every page by its path in the project."""
    return {"docs/findings/README.md": index()} | {f"docs/findings/{one}.md": page(one) for one in FindingId}
