"""What is public: the nouns of the catalogue and its pages.

This package knows nothing of ffmpeg, object stores or processes. Everything in it is pure: it turns bytes
(programmes, manifests, templates) into models, and models into pages. Start with ``model.py`` for the nouns.
"""
