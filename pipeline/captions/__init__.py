"""Any caption format to cues in integer milliseconds, to clean WebVTT and transcripts. Pure."""
