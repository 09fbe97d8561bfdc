"""Tests of the public site: pages, feeds and documents made from a catalogue of facts."""
