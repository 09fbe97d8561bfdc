"""Readers of programmes: one module per format, bytes to Event and findings."""
