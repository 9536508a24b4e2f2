"""OGC SensorThings API 1.1 (18-088, Sensing) at `/sta/v1.1`."""
