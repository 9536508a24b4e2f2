"""Connector `geo`: points, lines and areas from GeoJSON, Shapefile, GeoPackage, KML, GML and their kin."""
