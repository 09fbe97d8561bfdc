"""Everything that touches media: command builders, the one process runner and its sandbox, probing, MP4, HLS."""
