"""The schema's history, oldest first."""

HEAD = "0011"
"""The revision this release works with; a test holds it to the newest file in ``versions``."""
