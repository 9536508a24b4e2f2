"""The catalogue as CKAN's Action API (read only), for harvesters and scripts that speak it."""
