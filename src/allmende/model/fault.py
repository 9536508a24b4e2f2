"""Why a piece of work for the workshop could not be ended, where pages have their own words for it.

A release keeps the sentence; pages find their word by it.
"""

from __future__ import annotations

DIED = "the process that worked on it was ended"
MEMORY = "the file needs more memory than is allowed"
NO_ROLE = "who approved it no longer has the role"
UNUSABLE = "this file cannot be used"
"""Behind it, in brackets, stands the code of the problem."""
FAULTS = {DIED: "died", MEMORY: "memory", NO_ROLE: "no_role"}
"""Sentence to the name of its word."""
