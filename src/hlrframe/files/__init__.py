"""Files of any size: CSV, NDJSON, Parquet or Arrow in, the same rows with answers out."""

from hlrframe.files.clean import Cleaned, clean_file
from hlrframe.files.job import FileJob, enrich_file, estimate_file

__all__ = ["Cleaned", "FileJob", "clean_file", "enrich_file", "estimate_file"]
