"""The asv benchmark suite. ``asv.conf.json`` says how to run it; ``against_sklearn.py`` runs on its own."""
