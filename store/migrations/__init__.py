"""The schema's history, oldest first."""

HEAD = "0010"
"""The revision this release works with; a test holds it to the newest file in ``versions``."""
