"""Captions: readers, cleaning, writing."""
