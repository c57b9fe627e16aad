"""Writes Weights/golden/MANIFEST.json: every fixture with its hash, and what they were made with.

One file per line, for Tools/check/manifest.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from tiny_models import MODELS

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "Weights"
FOLDERS = ("golden", "llama", "problems", "qwen", "tiny")
REPORTS = {"MANIFEST.json", "evaluation.json", "training.json"}  # not listed
PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy")

files = sorted(
    file
    for folder in FOLDERS
    for file in (WEIGHTS / folder).rglob("*")
    if file.is_file() and file.suffix not in {".md", ".png"} and file.name not in REPORTS
)
manifest = {
    "command": "Tools/parity/make",
    "versions": {name: version(name).split("+")[0] for name in PACKAGES},
    "seeds": {model.name: model.seed for model in MODELS},
    "files": {str(file.relative_to(ROOT)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
}
(WEIGHTS / "golden/MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")
