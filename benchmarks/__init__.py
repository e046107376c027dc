"""The asv benchmark suite. ``asv.conf.json`` says how to run it; ``against_sklearn`` runs on its own."""
