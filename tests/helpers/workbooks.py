"""Workbooks as tests need them: made by hand, and read back cell by cell."""

import zipfile
from xml.sax.saxutils import escape

import fastexcel
import xlsxwriter

_SPREADSHEET = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Sheet">{rows}</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def write_workbook(path, sheets, *, hidden=()):
    """Writes sheets of rows, each under its name; a dict of cells is written by their places."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        shown = {"date": book.add_format({"num_format": "yyyy-mm-dd"})}
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for row, cells in enumerate(rows):
                for place, value in enumerate(cells):
                    if hasattr(value, "year"):
                        sheet.write_datetime(row, place, value, shown["date"])
                    elif value is not None:
                        sheet.write(row, place, value)
    return path


def rewritten(path, changes, names=None):
    """Writes a workbook again with parts that are changed or called otherwise."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr((names or {}).get(name, name), changes[name](content) if name in changes else content)
    return path


def write_spreadsheet(path, rows):
    """Writes an OpenDocument spreadsheet of texts; a cell may be a tag as it stands."""
    cells = "".join(
        f"<table:table-row>{''.join(each if each.startswith('<') else _cell(each) for each in row)}</table:table-row>"
        for row in rows
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", _SPREADSHEET.format(rows=cells))
    return path


def _cell(text):
    return f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'


def cells_of(path, sheet=0):
    """Gives the rows of a sheet, its header first, numbers as numbers."""
    loaded = fastexcel.read_excel(str(path)).load_sheet(sheet, header_row=0, schema_sample_rows=None)
    table = loaded.to_polars()
    return [tuple(table.columns), *table.rows()]


def raw_of(path, member="xl/worksheets/sheet1.xml"):
    """Gives the XML of a sheet."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(member).decode()
