"""Models and runs in files, whole or not there."""
