"""Many models at once, on one data set: ensembles, folds, searches.

Threads of Python train them side by side. A `crew` gives each a trainer, a `watch` stops them and shows how far they are, `shared` is
the data that all read; `train` puts this together, and what else there is builds on it.
"""

#: What users are given, by the modules that hold it.
MODULES = {
    "train_together": "fastbp.together.train",
    "cross_validate": "fastbp.together.cross_validation",
    "CrossValidation": "fastbp.together.cross_validation",
    "Ensemble": "fastbp.together.ensemble",
    "halving_search": "fastbp.together.halving",
    "HalvingSearch": "fastbp.together.rungs",
}
