"""Text, whatever its characters are: lines that are read, lines that are written.

::

    lines       lines, one after another, at any length   <- open this first
    encodings   which characters a file's bytes are
    writable    which texts can be written in an encoding
    sinks       text that is written
"""

from hlrframe.files.text.encodings import TextEncoding, checked_encoding, find_encoding
from hlrframe.files.text.lines import LineEnd, chunks, lines_of, open_text, too_long
from hlrframe.files.text.sinks import open_text_sink
from hlrframe.files.text.writable import Texts

__all__ = [
    "LineEnd",
    "TextEncoding",
    "Texts",
    "checked_encoding",
    "chunks",
    "find_encoding",
    "lines_of",
    "open_text",
    "open_text_sink",
    "too_long",
]
