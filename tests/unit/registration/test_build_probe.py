"""Media metadata from the headers of objects: true, read in few bytes, and never guessed."""

from __future__ import annotations

import io
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from obstore.store import MemoryStore
from PIL import Image

from integrations.errors import ConfigurationError
from integrations.registration.build.media import UnknownMediaError, media_metadata
from integrations.registration.build.media_streams import bit_depth, constant_rate
from integrations.registration.build.parts import Target
from integrations.registration.build.ranges import BLOCK, LIMIT, RangeFile, TooMuchError
from integrations.registration.build.rules import BuildRules, load_rules
from integrations.registration.build.run import build_from_bucket, build_from_inventory
from integrations.registration.build.source import Source
from integrations.registration.load import load_items
from integrations.registration.validate import Options, validate
from integrations_sandbox.media import documents, moving, pictures

SOURCE = Source("s3", "acme", "", "eu-west-2")
NOISE = random.Random(1).randbytes(320 * 240 * 3)


class Store:
    """One object, and how often it was asked."""

    def __init__(self, content: bytes) -> None:
        self.content, self.requests = content, 0

    def get_range(self, key: str, *, start: int, end: int) -> bytes:
        self.requests += 1
        return self.content[start:end]


def file_of(content: bytes) -> RangeFile:
    return RangeFile(Store(content), "key", len(content))


def probed(section: str, key: str, content: bytes) -> dict[str, Any]:
    return media_metadata(section, key, file_of(content))


def video(
    folder: Path, ending: str = "mp4", codec: str = "mpeg4", times: list[int] | None = None, **options: str
) -> bytes:
    """Sixteen frames of noise, 25 a second, or at these milliseconds."""
    path = folder / f"x.{ending}"
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 80_000_000
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for n in range(16):
            picture = Image.frombytes("RGB", (320, 240), NOISE[n:] + NOISE[:n])
            frame = av.VideoFrame.from_image(picture)
            if times:
                frame.pts, frame.time_base = times[n], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def picture(form: str, **more: Any) -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (320, 240), NOISE).save(file, form, **more)
    return file.getvalue()


def lying() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def sound(form: str, codec: str, sample: str, rate: int = 44_100) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo")
        stream.codec_context.format = sample
        frame = av.AudioFrame(format=sample, layout="stereo", samples=1152)
        frame.sample_rate, frame.pts = rate, 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def test_the_sample_media_have_the_values_that_they_were_made_with():
    content = moving.video("x", (160, 120), "teal")
    assert probed("videos", "a.mp4", content) == {
        "fps": 8.0, "duration": 2.0, "width": 160, "height": 120, "file_size": len(content), "mime_type": "video/mp4",
    }  # fmt: skip
    content = moving.chime()
    assert probed("audio", "a.wav", content) == {
        "duration": 0.5, "file_size": len(content), "mime_type": "audio/wav", "sample_rate": 8000, "bit_depth": 16,
        "codec": "pcm", "num_channels": 1,
    }  # fmt: skip
    content = pictures.jpeg("x", (161, 121), "teal")
    expected = {"mime_type": "image/jpeg", "file_size": len(content), "height": 121, "width": 161}
    assert probed("images", "a.jpg", content) == expected
    content = documents.pdf(("one", "two", "three"))
    assert probed("pdfs", "a.pdf", content) == {"file_size": len(content), "num_pages": 3}
    assert probed("text", "a.MD", b"abc") == {"file_size": 3, "mime_type": "text/markdown"}


@pytest.mark.parametrize(
    ("ending", "mime"), [("mp4", "video/mp4"), ("mov", "video/quicktime"), ("avi", "video/x-msvideo")]
)
def test_a_long_video_is_known_by_a_few_of_its_bytes_wherever_its_header_is(tmp_path, ending, mime):
    content = video(tmp_path, ending)
    file = file_of(content)
    found = media_metadata("videos", "x", file)
    assert (found["fps"], found["duration"], found["width"], found["mime_type"]) == (25.0, 0.64, 320, mime)
    assert file.fetched < len(content) / 2


@pytest.mark.parametrize(
    ("form", "mime"),
    [("PNG", "image/png"), ("TIFF", "image/tiff"), ("BMP", "image/bmp"), ("WEBP", "image/webp"), ("MPO", "image/jpeg")],
)
def test_an_image_is_what_its_header_says_whatever_its_name(form, mime):
    content = picture(form)
    file = file_of(content)
    assert media_metadata("images", "x.jpg", file) == {
        "mime_type": mime, "file_size": len(content), "height": 240, "width": 320,
    }  # fmt: skip
    assert form == "WEBP" or file.fetched == min(BLOCK, len(content))


@pytest.mark.parametrize(
    ("form", "codec", "sample", "values"),
    [
        ("wav", "pcm_s24le", "s32", (24, "pcm", "audio/wav")),
        ("flac", "flac", "s16", (16, "flac", "audio/flac")),
        ("flac", "flac", "s32", (24, "flac", "audio/flac")),
        ("ipod", "alac", "s16p", (16, "alac", "audio/mp4")),
    ],
)
def test_a_sound_without_loss_has_the_bits_that_its_codec_keeps(form, codec, sample, values):
    found = probed("audio", "x", sound(form, codec, sample))
    assert (found["bit_depth"], found["codec"], found["mime_type"]) == values
    assert (found["sample_rate"], found["num_channels"]) == (44_100, 2)
    assert found["duration"] == pytest.approx(1152 / 44_100)


@pytest.mark.parametrize(
    ("section", "make", "said"),
    [
        ("videos", lambda at: video(at, times=[n * 40 + n * n for n in range(16)]), "frame rate changes"),
        ("videos", lambda at: video(at, "mkv"), "does not list its frames"),
        ("videos", lambda at: video(at, movflags="frag_keyframe+empty_moov"), "does not list its frames"),
        ("videos", lambda at: video(at, movflags="faststart")[:-100], "cut off"),
        ("videos", lambda at: video(at)[:-3000], "cannot be read"),
        ("videos", lambda at: moving.chime(), "no video streams"),
        ("videos", lambda at: b"", "cannot be read"),
        ("audio", lambda at: sound("mp3", "libmp3lame", "s16p"), "mp3 has no bit depth"),
        ("audio", lambda at: moving.chime()[:-100], "cut off"),
        ("audio", lambda at: video(at), "not one sound alone"),
        ("images", lambda at: picture("JPEG", exif=lying()), "lying on its side"),
        ("images", lambda at: picture("GIF"), "cannot be read"),
        ("images", lambda at: b"junk", "cannot be read"),
        ("pdfs", lambda at: documents.pdf(("one",))[:-200], "cannot be read"),
        ("text", lambda at: b"{}", "no registered media type"),
    ],
)  # fmt: skip
def test_what_a_header_does_not_say_is_unknown_and_why(tmp_path, section, make, said):
    with pytest.raises(UnknownMediaError, match=said):
        probed(section, "x.jsonl", make(tmp_path))


def test_a_video_that_is_turned_is_unknown():
    """The matrix of the track's header says a quarter turn: ISO/IEC 14496-12, 8.3.2."""
    content = moving.video("x", (160, 120), "teal")
    at = content.index(b"tkhd") + 4 + 40
    turned = b"".join(n.to_bytes(4, "big", signed=True) for n in (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30))
    with pytest.raises(UnknownMediaError, match="lying on its side"):
        probed("videos", "x", content[:at] + turned + content[at + 36 :])


@pytest.mark.parametrize(
    ("ticks", "average", "rate"),
    [
        ([0, 40, 80, 120], Fraction(25), 25),
        ([0, 33, 67, 100, 133, 167, 200], Fraction(30), 30),  # thirty a second, in milliseconds
        ([0, 40, 80, 120], None, 25),
        ([0, 40, 80, 120], Fraction(20), 25),  # the last frame stays longer
        ([0, 1, 3, 4, 6, 7, 9], Fraction(2000, 3), Fraction(2000, 3)),
        ([0, 40, 90, 120], Fraction(25), None),
        ([0, 0], Fraction(25), None),
        ([5], Fraction(25), 25),
        ([5], None, None),
    ],
)
def test_a_rate_is_constant_if_each_frame_is_within_a_tick_of_its_time(ticks, average, rate):
    assert constant_rate(ticks, Fraction(1, 1000), average) == rate


def test_no_bit_depth_is_made_up():
    assert [bit_depth(one, b"") for one in ("pcm_mulaw", "aac", "flac", "alac")] == [None] * 4
    assert bit_depth("pcm_f32le", b"") == 32


# -- reading by ranges ------------------------------------------------------------------------------


def test_whoever_reads_by_ranges_reads_the_same_bytes():
    content = random.Random(2).randbytes(5 * BLOCK + 17)
    store, chance = Store(content), random.Random(3)
    file, plain = RangeFile(store, "key", len(content)), io.BytesIO(content)
    for _ in range(300):
        at, count = chance.randrange(len(content) + 10), chance.randrange(3 * BLOCK)
        assert file.seek(at) == plain.seek(at)
        assert file.read(count) == plain.read(count)
    assert file.seek(-3, io.SEEK_END) == plain.seek(-3, io.SEEK_END)
    assert file.read() == plain.read()


def test_who_reads_on_gets_longer_and_longer_ranges():
    store = Store(bytes(100 * BLOCK))
    assert len(RangeFile(store, "key", len(store.content)).read()) == 100 * BLOCK
    assert store.requests < 12


def test_more_than_a_header_is_not_fetched():
    class Endless(Store):
        def get_range(self, key: str, *, start: int, end: int) -> bytes:
            return bytes(end - start)

    file = RangeFile(Endless(b""), "key", 2 * LIMIT)
    with pytest.raises(TooMuchError, match="64 MiB"):
        file.read()
    assert file.fetched <= LIMIT


def test_an_object_that_became_shorter_is_unread_not_unknown():
    content = pictures.jpeg("x", (160, 120), "teal")
    with pytest.raises(OSError, match="the object has changed"):
        media_metadata("images", "a.jpg", RangeFile(Store(content[:100]), "key", len(content)))


# -- whole builds -----------------------------------------------------------------------------------


@pytest.fixture
def store() -> MemoryStore:
    """Good and bad media, and what is no media."""
    made = MemoryStore()
    bodies = {
        "a.jpg": pictures.jpeg("x", (160, 120), "teal"), "b.mp4": moving.video("x", (160, 120), "teal"),
        "c.wav": moving.chime(), "d.pdf": documents.pdf(("one",)), "e.txt": b"abc", "bad/a.jpg": b"junk",
        "bad/b.mp4": b"junk", "f.nii": b"0",
    }  # fmt: skip
    for key, body in bodies.items():
        made.put(key, body)
    return made


def test_a_build_that_probes_gives_what_strict_client_only_access_asks_for(store, tmp_path):
    rules = BuildRules(probe=True, exclude=("bad/**",))
    done = build_from_bucket(SOURCE, rules, Target(tmp_path, "r"), root=tmp_path, opened=lambda _: store)
    assert (done.probing.known, done.probing.failed) == (5, 0)
    paths = [part.path for part in done.parts]
    assert validate(paths, Options(strict_client_only=True)).counts == {}
    sections = load_items(paths[0]).sections
    assert sections["videos"][0]["videoMetadata"]["fps"] == 8.0
    assert sections["nifti"] == [{"objectUrl": SOURCE.url("f.nii")}]


def test_what_has_no_metadata_is_written_without_named_and_counted(store, tmp_path):
    rules = BuildRules(probe=("images", "videos"))
    done = build_from_bucket(SOURCE, rules, Target(tmp_path, "r"), root=tmp_path, opened=lambda _: store)
    probing = done.probing
    assert (probing.known, probing.unknown, probing.unread) == (2, 2, 0)
    assert probing.reasons.keys() == {"bad/a.jpg", "bad/b.mp4"}
    sections = load_items(done.parts[0].path).sections
    assert [one.keys() for one in sections["images"]] == [{"objectUrl", "imageMetadata"}, {"objectUrl"}]
    assert sections["audio"] == [{"objectUrl": SOURCE.url("c.wav")}]


def test_an_inventory_is_probed_with_the_sizes_of_now_and_a_missing_object_is_unread(store, tmp_path):
    (tmp_path / "i.csv").write_text("name,content-length\na.jpg,1\nd.pdf,1\ngone.jpg,1\n")
    done = build_from_inventory(
        [tmp_path / "i.csv"],
        SOURCE,
        BuildRules(probe=True),
        Target(tmp_path, "r"),
        root=tmp_path,
        opened=lambda _: store,
    )
    assert (done.probing.known, done.probing.unknown, done.probing.unread) == (2, 0, 1)
    assert "cannot be read" in done.probing.reasons["gone.jpg"]
    sections = load_items(done.parts[0].path).sections
    assert sections["images"][0]["imageMetadata"]["file_size"] == store.head("a.jpg")["size"]
    assert sections["pdfs"][0]["pdfMetadata"]["num_pages"] == 1


def test_csv_and_a_missing_extra_are_refused_before_anything_is_read(tmp_path, monkeypatch):
    def opened(source: Source) -> Any:
        raise AssertionError("the bucket was opened")

    for target, said in (
        (Target(tmp_path, "r", "csv"), "CSV cannot carry media metadata"),
        (Target(tmp_path, "r"), r"\[probe\]"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            build_from_bucket(SOURCE, BuildRules(probe=True), target, root=tmp_path, opened=opened)
        monkeypatch.setattr("integrations.registration.build.media.find_spec", lambda name: None)


def test_the_example_rules_give_what_they_say(tmp_path):
    store = MemoryStore()
    frame = pictures.jpeg("x", (160, 120), "teal")
    for key in (
        "raw/day/front-1.jpg",
        "raw/day/frames/10.jpg",
        "raw/day/frames/9.jpg",
        "raw/day/thumbnails/a.jpg",
        "a.jpg",
    ):
        store.put(key, frame)
    store.put("raw/ct/1.dcm", b"0")
    rules = load_rules(Path(__file__).parents[3] / "examples/build-rules.yaml")
    done = build_from_bucket(SOURCE, rules, Target(tmp_path, "r"), root=tmp_path, opened=lambda _: store)
    sections = load_items(done.parts[0].path).sections
    (image,), (sequence,), (series,) = (sections[name] for name in ("images", "image_groups", "dicom_series"))
    assert (image["title"], image["imageMetadata"]["width"]) == ("day front-1.jpg", 160)
    assert image["clientMetadata"] == {"scene": "day", "camera": "front", "bytes": len(frame)}
    assert (sequence["objectUrl_0"], sequence["createVideo"]) == (SOURCE.url("raw/day/frames/9.jpg"), True)
    assert series["title"] == "ct"
    assert done.skipped == {"not included": 2}
