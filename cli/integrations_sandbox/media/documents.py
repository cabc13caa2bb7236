"""A PDF and a text, written by hand."""

from __future__ import annotations


def pdf(pages: tuple[str, ...]) -> bytes:
    """A PDF 1.4 with one line of text on each page (ISO 32000-1, 7.5: header, objects, xref, trailer).

    Lines are plain ASCII without brackets and backslashes, which a PDF string would need escaped.
    """
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, line in enumerate(pages):
        bodies.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200]"
            f" /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>"
        )
        drawing = f"BT /F1 18 Tf 40 120 Td ({line}) Tj ET"
        bodies.append(f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream")
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode("ascii")
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets).encode("ascii")
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode("ascii")
    return bytes(out)


def text() -> bytes:
    """A few lines, with letters beyond ASCII."""
    return "Sample notes\n\nThree apples, two oranges and a café.\n".encode()
