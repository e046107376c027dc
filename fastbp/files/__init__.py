"""Models and runs in files, whole or not there. What reads and writes them is imported when one is."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.loading import imported


@imported
def model_files() -> Any:
    """The module of files of models."""
    from fastbp.files import model_file

    return model_file


@imported
def run_files() -> Any:
    """The module of files of runs."""
    from fastbp.files import run_file

    return run_file


@imported
def ensemble_files() -> Any:
    """The module of files of ensembles."""
    from fastbp.files import ensemble_file

    return ensemble_file
