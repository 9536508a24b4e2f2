"""Tables: CSV, TSV and text, Excel (XLSX, XLS) and OpenDocument (ODS)."""
