"""The model: layers, activations, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastbp import layout
from fastbp._arrays import Arrays
from fastbp._random import as_seed
from fastbp._table import attribute
from fastbp._typing import Array, DType
from fastbp.activations import Activation, Identity, as_activation, as_activations
from fastbp.between import PLAIN, Between, as_between
from fastbp.data.frames import Names, names_of
from fastbp.data.labels import Classes, check_classes, decided
from fastbp.data.rows import Rows
from fastbp.data.validation import check_inputs
from fastbp.files import model_files
from fastbp.inference import Inference
from fastbp.initializers import check_given, draw_weights
from fastbp.kernels.arguments import Network
from fastbp.processors.turns import Turns

if TYPE_CHECKING:
    from fastbp._summary import Summary
    from fastbp.between import BatchNorm, LayerNorm


class MLP(Arrays):
    """A multi-layer perceptron: ``a_l = act_l(a_(l-1) @ W_l + b_l)``, layer after layer.

    Parameters
    ----------
    layer_sizes : sequence of int
        Number of inputs, of units of each hidden layer, of outputs: at least two numbers.
    activation : str, Activation or sequence of them, default "sigmoid"
        Of the hidden layers: a name of those in `fastbp.activations`, an object such as ``LeakyReLU(0.1)``, or one of these per hidden
        layer.
    output_activation : str or Activation, default "auto"
        ``"auto"`` follows the loss of the `Trainer`: softmax for cross_entropy, sigmoid for binary_cross_entropy, identity otherwise
        (and before there is a trainer). From the first step of training on it is what it stood for then.
    init : str or (weights, biases), default "auto"
        Name of an initialiser (see `fastbp.initializers`), or two lists with an array a layer.
    dtype : "float32" or "float64", default "float32"
        Of parameters and arithmetic.
    seed : int, optional
        Fixes the initial weights. Without it they differ from model to model.
    classes : sequence of str or numbers, optional
        Labels of the classes, one for each output, or two for a single one: targets may be these labels then, and `predict_class` gives
        them back. Without it labels are 0, 1 and so on.
    normalization : "batch", "layer", BatchNorm or LayerNorm, optional
        Of the logits of every hidden layer, before its activation. Predictions of a model with batch normalisation use averages over the
        steps of training.
    dropout : float, sequence of float, or schedule, default 0
        The share of the units of the hidden layers, or of each, that is left out in each training step; the others count 1 / (1 - share).
    input_dropout : float, default 0
        The same of the inputs.
    input_noise : float, default 0
        Standard deviation of normal noise that is added to the inputs in each training step.

    Attributes
    ----------
    weights : tuple of ndarray
        ``weights[l]`` has shape (n_in, n_out). Views of the parameters: writing into them changes the model, and so does an assignment,
        which copies a list of arrays into them.
    biases : tuple of ndarray
        ``biases[l]`` has shape (n_out,). Assigned alike.
    scales, shifts, running_means, running_variances : tuple of ndarray
        Vectors (n_out,) of each normalised layer, alike; the last two are of batch normalisation.
    layer_sizes : tuple of int
    n_parameters : int
    feature_names : tuple of str or None
        Names of the columns of the first frame that it was trained on. A frame is taken by these names then, whatever the order of its
        columns; an array as it is. None before, and when the names are no strings, or one comes twice.

    Raises
    ------
    ValueError, TypeError
        For an argument outside its range, before anything is built.

    Examples
    --------
    >>> import fastbp
    >>> fastbp.MLP([784, 256, 10], activation="relu", seed=0)
    MLP(784-256-10, relu, output auto, float32, 203,530 parameters)
    """

    _called = "model"

    layer_sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    output_is_auto: bool
    dtype: DType
    seed: int
    network: Network
    inference: Inference
    turns: Turns
    feature_names: Names = None
    classes: Classes = None
    between: Between = PLAIN

    def __init__(
        self,
        layer_sizes: Sequence[int],
        *,
        activation: str | Activation | Sequence[str | Activation] = "sigmoid",
        output_activation: str | Activation = "auto",
        init: str | tuple[Sequence[Any], Sequence[Any]] = "auto",
        dtype: Any = "float32",
        seed: int | None = None,
        classes: Sequence[Any] | None = None,
        normalization: str | BatchNorm | LayerNorm | None = None,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        input_noise: float = 0.0,
    ) -> None:
        sizes = layout.check_sizes(layer_sizes)
        hidden = as_activations(activation, len(sizes) - 2)
        is_auto = isinstance(output_activation, str) and output_activation == "auto"
        output = Identity() if is_auto else as_activation(output_activation, "output_activation", output=True)
        own = {"layer_sizes": sizes, "activations": (*hidden, output), "output_is_auto": is_auto}
        between = as_between(normalization, dropout, input_dropout, input_noise, len(sizes) - 2)
        vars(self).update(own, between=between)
        vars(self).update(dtype=layout.check_dtype(dtype), seed=as_seed(seed), classes=check_classes(classes, sizes[-1]))
        for activation_ in self.activations:
            activation_.check_range(self.dtype)
        if isinstance(init, str):
            weights = draw_weights(init, self.layer_sizes, self.activations, self.seed)
            biases = [np.zeros(n_out) for n_out in self.layer_sizes[1:]]
        else:
            weights, biases = check_given(init, self.layer_sizes, self.dtype)
        self._allocate()
        for own, given in zip((*self.weights, *self.biases), (*weights, *biases), strict=True):
            own[...] = given
        for ones in (*self.scales, *self.running_variances):
            ones[...] = 1

    def _allocate(self) -> None:
        table = layout.table_of(self.layer_sizes, self.activations, self.dtype, self.between)
        size = layout.n_flat(table, self.dtype)
        settings = layout.settings_of(self.activations, self.between, self.dtype)
        network = Network(len(table), size, table, settings, layout.aligned_zeros(size, self.dtype))
        vars(self).update(network=network, inference=Inference(network), turns=Turns())
        self._take_views()

    @property
    def output_activation(self) -> Activation:
        """Activation of the output layer; identity where it is still ``"auto"``."""
        return self.activations[-1]

    def settle_output(self, activation: Activation) -> None:
        """Let ``output_activation="auto"`` stand for `activation`, until `keep_output` or another trainer."""
        vars(self).update(activations=(*self.activations[:-1], activation))
        self.network.table[:] = layout.table_of(self.layer_sizes, self.activations, self.dtype, self.between)
        self.network.layer_settings[:] = layout.settings_of(self.activations, self.between, self.dtype)
        # Its calls hold the compiled kernels of the activations.
        vars(self).update(inference=Inference(self.network))

    def keep_output(self) -> None:
        """Let ``"auto"`` stay what it stands for."""
        vars(self).update(output_is_auto=False)

    def names_for(self, X: Any) -> Names:
        """The names by which frames are taken when X is what the model is trained on: its own, or else those of X."""
        return self.feature_names or names_of(X)

    def keep_names(self, X: Any) -> None:
        """Remember them."""
        if self.feature_names is None and type(X) is not np.ndarray:
            vars(self).update(feature_names=names_of(X))

    def predict(self, X: Any) -> Array:
        """What the output layer gives.

        Parameters
        ----------
        X : array-like of shape (n, n_inputs)
            Finite numbers of any real type, in any memory order. The columns of a frame are taken by `feature_names`.

        Returns
        -------
        ndarray of shape (n, n_outputs)
            Probabilities for softmax and sigmoid outputs, values for identity; of the model's dtype.

        Raises
        ------
        ValueError, TypeError
            When X is not such an array, or a frame with other names.
        """
        turns = self.turns
        try:
            turns.readers.append(None)
            if turns.changes:
                turns.wait()
            few = self.inference.predict_few(X)
            if few is not None:
                return few
            return self.inference.predict(Rows(check_inputs(X, self.layer_sizes[0], self.dtype, self.feature_names)))
        finally:
            turns.readers.pop()

    def predict_class(self, X: Any) -> Array:
        """The class of each row: that of the largest output, or with one output the second class above p = 1/2 (z = 0 for logits).

        Parameters and errors are those of `predict`.

        Returns
        -------
        ndarray of shape (n,)
            Labels of `classes`, or their numbers where there are none.
        """
        return decided(self.predict(X), self.classes, 0.5 if self.output_activation.name in ("sigmoid", "hard_sigmoid") else 0.0)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a safetensors file, in one piece or not at all.

        Parameters
        ----------
        path : str or path
            The tensors are named ``weights.0``, ``biases.0`` and so on; the settings are JSON in the file's metadata.

        Raises
        ------
        OSError
            When the file cannot be written; an older file of that name is then untouched.
        """
        files = model_files()
        files.write(path, self.turns.look(files.model_content, self))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> MLP:
        """Read a model that `save` wrote.

        Raises
        ------
        OSError
            When there is no such file.
        ValueError
            When the file is damaged, or is none of fastbp's.
        """
        model: MLP = model_files().read_model(path, cls)
        return model

    def summary(self) -> Summary:
        """A table of the layers: shapes, activations, what is between them, parameters; printed, and in notebooks, it is one.

        Returns
        -------
        Summary
            With `title`, `layers`, a dict for each, and `n_parameters`.
        """
        table: Summary = attribute("fastbp._summary", "summary_of")(self)
        return table

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        return self.summary().html()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the views, which a copy must make of its own parameters."""
        made = "network", "views", "inference", "turns"
        parameters = self.turns.look(self.network.parameters.copy)
        return {name: value for name, value in vars(self).items() if name not in made} | {"parameters": parameters}

    def __setstate__(self, state: dict[str, Any]) -> None:
        parameters = state.pop("parameters")
        vars(self).update(state)
        self._allocate()
        self.network.parameters[:] = parameters

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        hidden = list(dict.fromkeys(map(str, self.activations[:-1])))
        if len(hidden) > 1:
            hidden = list(map(str, self.activations[:-1]))
        output = f"output {self.output_activation}"
        if self.output_is_auto:
            output = "output auto" if isinstance(self.output_activation, Identity) else f"{output} (auto)"
        between = [f"{name} {value}" for name, value in self.between._asdict().items() if value]
        return f"MLP({', '.join([sizes, *hidden, *between, output])}, {self.dtype}, {self.n_parameters:,} parameters)"
