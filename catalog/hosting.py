"""How a host should serve the catalogue: the ``_headers`` file that Netlify and Cloudflare Pages read.

What every page forbids by itself (``base.html``) is not repeated. Recipes for other hosts are in ``docs/hosting.md``.
"""

from __future__ import annotations

from catalog import urls

HEADERS = "_headers"
_FOREVER = "Cache-Control: public, max-age=31536000, immutable"
_RULES = {
    "/*": (
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: strict-origin-when-cross-origin",
        "Permissions-Policy: camera=(), microphone=(), geolocation=(), browsing-topics=()",
        "Cross-Origin-Opener-Policy: same-origin",
    ),
    f"/{urls.ASSETS}*": (_FOREVER,),
    f"/{urls.MEDIA}*": (
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: Content-Length, Content-Range",
    ),
    f"/{urls.API}*": ("Access-Control-Allow-Origin: *", "Content-Type: application/json"),
    f"/{urls.CATALOG}": ("Access-Control-Allow-Origin: *",),
    f"/*/{urls.CATALOG}": ("Access-Control-Allow-Origin: *",),
    "/*/oembed.json": ("Access-Control-Allow-Origin: *",),
}


def headers() -> bytes:
    """The ``_headers`` file: for each address, the headers to send with it."""
    blocks = ("\n".join((path, *(f"  {line}" for line in lines))) for path, lines in _RULES.items())
    return ("\n\n".join(blocks) + "\n").encode()
