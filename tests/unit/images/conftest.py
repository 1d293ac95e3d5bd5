"""The examples are importable by name: tests are collected with importlib, without their directory on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
