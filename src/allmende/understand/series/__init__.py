"""Values in time as instruments need them: at even steps, with gaps, and with the cycle they repeat in."""
