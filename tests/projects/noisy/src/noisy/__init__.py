"""A project that leaves traces wherever it can: exporting it must leave none."""

import logging

print("noisy: imported")
logging.getLogger(__name__).warning("noisy: imported")
