"""Standards spoken by the portal: each a folder."""
