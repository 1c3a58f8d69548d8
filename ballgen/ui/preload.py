"""What a first visit needs, loaded while the browser still fetches Streamlit's page."""

import os
from contextlib import suppress

from ballgen.errors import InputError


def preload() -> None:
    """Import what pages import, torch above all, and open and sample the models shown at first.

    Whoever visits meanwhile waits for the rest of it alone: imports and caches are shared.
    """
    # Read by torch. By default a thread that waits for the next step of a computation keeps its
    # core busy, and the browser beside it waits twice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import ballgen.ui.compare.page  # noqa: F401
    from ballgen.models import FAMILIES
    from ballgen.runs.catalogue import list_checkpoints
    from ballgen.ui.compare.controls import COUNTS
    from ballgen.ui.session.loading import Sampling, open_checkpoint, open_test_images, sample_sheet

    with suppress(InputError):  # the page says it
        catalogue = list_checkpoints()
        for dataset in catalogue.datasets()[:1]:
            open_test_images(dataset)
            infos = [infos[0] for family in FAMILIES if (infos := catalogue.of(family, dataset))]
            models = {info: open_checkpoint(info).model for info in infos}
            for info, model in models.items():
                for prior in filter(None, ("normal", model.fitted_prior)):
                    sample_sheet(info, Sampling(prior, 0), COUNTS[0])
