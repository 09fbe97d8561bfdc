"""Many machines: orders go to the workers of a Dask cluster, and bytes travel through a store that all can reach.

* ``work.py``: that store. Sources and artifacts, named by their content; whatever is there is whole.
* ``engine.py``: the engine of the machine that publishes. It puts what an order needs into the store, sends the
  order (plain data, a few kilobytes) to the scheduler, and takes the artifact from the store.
* ``worker.py``: a worker. It carries an order out as the engine of one machine does, and puts the artifact into the
  store *before* it says that it is done.

So a lost worker, connection or scheduler loses no finished artifact, and an order carried out twice does no harm: both
leave the same bytes under the same name. The scheduler keeps nothing that matters.
"""

from __future__ import annotations

from pipeline import packages
from pipeline.errors import MissingToolError


def check_installed() -> None:
    """Refuse to go on without Dask, which is an extra.

    Raises:
        MissingToolError: it is not installed.
    """
    if not packages.have("distributed"):
        raise MissingToolError("Dask", "is not installed", hint="pip install 'aftertalk[cluster]'")
