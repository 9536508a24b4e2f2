"""The catalogue as DCAT-AP.de 3.0, for harvesters."""
