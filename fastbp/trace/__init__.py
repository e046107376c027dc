"""The ledger of back-propagation: what each row, unit and error has to do with each weight's gradient, number by number.

===========  ====================================================================================
asked        what is found
===========  ====================================================================================
weights_of   which weights carry an error: of a row, a class, an output, or all
rows_of      which rows move a weight
classes_of   which classes do
features_of  which input features do
outputs_of   the errors of which outputs do
through      through which hidden units they do
paths        by which paths, factor by factor
layers       how much the step of each layer takes from an error
units        the same by unit
features     the same by input feature
explain      the textbook's derivation of the step, with its numbers
plot         a drawing of the network
to_html      a page to walk through the step, and on
===========  ====================================================================================
"""

from __future__ import annotations

from fastbp.trace.batch import trace
from fastbp.trace.contributions import Contributions
from fastbp.trace.influences import influences
from fastbp.trace.inputs import Relevances, relevances, sensitivities
from fastbp.trace.ledger import Trace
from fastbp.trace.recording import Recording
from fastbp.trace.suspects import suspects

# fmt: off
__all__ = [
    "Contributions", "Recording", "Relevances", "Trace", "influences", "relevances", "sensitivities", "suspects", "trace",
]
# fmt: on
