"""What every connector needs to turn found values into a table: names, types, archives, JSON text."""
