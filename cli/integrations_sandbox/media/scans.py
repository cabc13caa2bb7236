"""Medical images: a DICOM series of three slices and a NIfTI-1 volume of the same shape."""

from __future__ import annotations

import io
import math
import struct

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

SLICES = 3
ROWS = COLUMNS = 32
SPACING = 1.5  # mm between rows, between columns and between slices
# Below 2.25 anybody may make UIDs from a UUID (DICOM PS3.5, B.2); these three are fixed.
STUDY = "2.25.302312498135743105961430423121170521001"
SERIES = "2.25.302312498135743105961430423121170521002"
INSTANCE = "2.25.30231249813574310596143042312117052"


def dicom_slice(number: int) -> bytes:
    """Slice `number` (from 1) of the series: same study, series, size and orientation, next position."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(f"{INSTANCE}{number}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID = CTImageStorage
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID = STUDY
    data.SeriesInstanceUID = SERIES
    data.Modality = "CT"
    data.PatientID = "SAMPLE"
    data.PatientName = "Sample^Apple"
    data.StudyID = "1"
    data.SeriesNumber = 1
    data.InstanceNumber = number
    data.ImagePositionPatient = [0.0, 0.0, SPACING * (number - 1)]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.SliceThickness = SPACING
    data.PixelSpacing = [SPACING, SPACING]
    data.Rows, data.Columns = ROWS, COLUMNS
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.WindowCenter, data.WindowWidth = 1024, 2048
    data.PixelData = struct.pack(f"<{ROWS * COLUMNS}H", *(value * 8 for value in _ball(number - 1)))
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


def nifti() -> bytes:
    """The same slices as one NIfTI-1 file (https://nifti.nimh.nih.gov/nifti-1): header of 348 bytes, data at 352."""
    header = struct.pack("<i36x", 348)
    header += struct.pack("<8h", 3, COLUMNS, ROWS, SLICES, 1, 1, 1, 1)
    header += struct.pack("<14x2h2x", 2, 8)  # data type 2: unsigned 8 bits
    header += struct.pack("<8f", 1.0, SPACING, SPACING, SPACING, 0, 0, 0, 0)
    header += struct.pack("<3f3x1B", 352.0, 1.0, 0.0, 2)  # offset, slope, intercept; unit 2: millimetres
    header = header.ljust(344, b"\0") + b"n+1\0"
    voxels = bytes(value for depth in range(SLICES) for value in _ball(depth))
    return header + b"\0\0\0\0" + voxels


def _ball(depth: int) -> list[int]:
    """Brightness, 0 to 255, of one slice through a ball; `depth` counts slices from 0."""
    middle = (ROWS - 1) / 2
    radius = 12 - 3 * abs(depth - 1)
    return [
        max(0, round(255 * (1 - math.dist((row, column), (middle, middle)) / radius)))
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
