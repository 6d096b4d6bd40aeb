"""What a workbook takes: a CSV file is cleaned into one, and that one into a CSV file, each in a process of its own.

``PYTHONPATH=tests python tests/benchmarks/bench_workbook.py [ROWS ...]``
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = 10


def make(path, rows):
    """Writes rows of ten columns, one of them of distinct numbers."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["phone", *(f"column {place}" for place in range(1, COLUMNS))]) + "\n")
        for row in range(rows):
            file.write(
                f"+447{400_000_000 + row}," + ",".join(f"text {row % (7 * place)}" for place in range(1, 10)) + "\n"
            )


def measure(source, destination, prefix="hlr_"):
    """Cleans one file into another, and says what that took."""
    from hlrframe.files import clean_file  # noqa: PLC0415  # in the process that is measured

    began = time.process_time()
    cleaned = clean_file(source, destination, "phone", prefix=prefix)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    size = Path(destination).stat().st_size / 1e6
    name = f"{Path(source).suffix} to {Path(destination).suffix}"
    print(f"{cleaned.rows:>9,} rows  {name:<14}  {seconds:6.1f} s of one core  {peak:5.0f} MB  {size:6.1f} MB written")


def main(sizes):
    """Measures each size both ways."""
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, workbook, plain, back = (
                Path(folder) / name for name in ("in.csv", "out.xlsx", "out.csv", "back.csv")
            )
            make(source, rows)
            for arguments in ((source, plain), (source, workbook), (workbook, back, "again_")):
                subprocess.run([sys.executable, __file__, *arguments], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2 and not sys.argv[1].isdecimal():
        measure(*sys.argv[1:])
    else:
        main([int(size) for size in sys.argv[1:]] or [100_000, 1_000_000])
