"""The core's readers and writers of image files, and the suffixes that each is for."""

from __future__ import annotations

FORMATS = {
    "reader": {
        "pillow": (".readers.pillow_reader:PillowReader", "JPEG, PNG, WebP and other web formats"),
        "tiff": (".readers.tiff_reader:TiffReader", "TIFF and BigTIFF"),
        "netpbm": (".readers.netpbm_reader:NetpbmReader", "PGM and PPM"),
        "numpy": (".readers.numpy_reader:NumpyReader", "arrays of NumPy, channels last"),
    },
    "writer": {
        "png": (".writers.png_writer:PngWriter", "gray and RGB of 8 and 16 bits, without loss"),
        "tiff": (".writers.tiff_writer:TiffWriter", "any type, channels and pages, without loss"),
        "jpeg": (".writers.lossy_writers:JpegWriter", "gray and RGB of 8 bits, lossy"),
        "webp": (".writers.lossy_writers:WebpWriter", "RGB of 8 bits, lossy"),
        "npy": (".writers.npy_writer:NpyWriter", "arrays of NumPy"),
    },
}

SUFFIXES = {
    ("reader", "pillow"): (
        *(".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpeg", ".jpg", ".mpo", ".png", ".webp"),
    ),
    ("reader", "tiff"): (".tif", ".tiff"),
    ("reader", "netpbm"): (".pgm", ".ppm"),
    ("reader", "numpy"): (".npy",),
    ("writer", "png"): (".png",),
    ("writer", "tiff"): (".tif", ".tiff"),
    ("writer", "jpeg"): (".jpg", ".jpeg", ".jfif"),
    ("writer", "webp"): (".webp",),
    ("writer", "npy"): (".npy",),
}
