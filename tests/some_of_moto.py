"""moto's server with some of AWS's managed policies: all of them take it half a minute.

python -m tests.some_of_moto FILE_OF_NAMES [OPTIONS OF MOTO]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from moto.iam import models
from moto.server import main

if __name__ == "__main__":
    names = json.loads(Path(sys.argv.pop(1)).read_text("utf-8"))
    inside = vars(models)
    every = json.loads(inside["aws_managed_policies_data"])
    inside["aws_managed_policies_data"] = json.dumps({name: every[name] for name in names})
    main()
