"""Import and export of users, phones and queues as CSV (R1.7): all or nothing, every bad line reported."""

from __future__ import annotations

from freeseat.application.bulk.importing import (
    BulkKind,
    Import,
    Imported,
    check_csv,
    columns_of,
    export_csv,
    import_csv,
)
from freeseat.application.bulk.lines import Fault, decoded

__all__ = [
    "BulkKind",
    "Fault",
    "Import",
    "Imported",
    "check_csv",
    "columns_of",
    "decoded",
    "export_csv",
    "import_csv",
]
