"""What media files may be: names and bounds shared by everything that opens them. Constants only."""

from __future__ import annotations

FORMATS = (
    "mov,matroska,webm,mpegts,mpeg,mp3,ogg,wav,w64,flac,aiff,caf,avi,flv,asf,aac,ac3,eac3,amr,amrnb,amrwb,"
    "h264,hevc,obu,ivf,mxf,dv,gxf,rm,nut,opus,au,m4v,mpegvideo"
)
"""Demuxers that read one file and nothing else; no playlists, no manifests, no image sequences, no devices."""
PICTURE_FORMATS = "png_pipe,jpeg_pipe,webp_pipe,mov"
"""Demuxers of one picture; AVIF is a kind of MP4."""
MAX_PIXELS = 40_000_000
"""Of one picture: 8K. A few hundred kilobytes can unfold to gigabytes."""
