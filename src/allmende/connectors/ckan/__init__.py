"""Connector `ckan`: harvests the catalogue of a CKAN portal, one row per dataset."""
