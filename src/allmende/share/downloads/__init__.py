"""Whole versions as files: CSV, XLSX, JSON, GeoJSON and Parquet, streamed in constant memory."""
