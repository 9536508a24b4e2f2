"""Charts, maps and sparklines as SVG: one drawing for wide screens, one for phones."""
