"""What tests read is English, whatever the machine speaks on which they run."""

import os

from sim.rules.language import of_environment

if of_environment(os.environ) != "en":
    os.environ["LC_ALL"] = "C.UTF-8"
