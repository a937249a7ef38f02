"""Reports (R10.3): a chart, the same as a table, and a file."""
