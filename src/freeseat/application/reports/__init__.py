"""Reports (R10.3): rows as dataclasses; `application.csv_text.table_of` writes any of them as CSV."""
