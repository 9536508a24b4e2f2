"""FLOOR 1: the guard. Nothing leaves without it: personal data, small numbers, terms of licences."""
