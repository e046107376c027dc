"""scikit-learn's multi-layer perceptrons, of the nets that they can express."""

import warnings

from benchmarks.comparison.peer import Caller, Peer, UnsuitableError
from benchmarks.comparison.task import BETA_1, BETA_2, EPSILON


class Sklearn(Peer, Caller):
    """`partial_fit`, which is an epoch over shuffled batches.

    Of two classes scikit-learn makes a single logistic output: the same probabilities, but another net to train.
    """

    def __init__(self, task, X, y, weights):
        from threadpoolctl import threadpool_limits

        if task.extra or task.optimizer == "nadam" or task.activation == "gelu":
            raise UnsuitableError(f"scikit-learn has no {task.extra or (task.optimizer if task.optimizer == 'nadam' else task.activation)}")
        self.limits = threadpool_limits(task.threads)
        self.task, self.X, self.y = task, X, y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
        self.is_logistic = task.loss == "cross_entropy" and task.sizes[-1] == 2
        self.model = _model(task)
        self._one_step()
        for layer, (W, b) in enumerate(_as_logistic(weights) if self.is_logistic else weights):
            self.model.coefs_[layer][...] = W
            self.model.intercepts_[layer][...] = b
        # The step that made the arrays also filled Adam's moments.
        del self.model._optimizer

    def first_steps(self):
        """An epoch of the first rows, three times."""
        if self.is_logistic:
            raise UnsuitableError("of two classes scikit-learn makes a single logistic output, another net")
        for _ in range(3):
            self._one_step()
            yield self._loss()

    def train(self, epochs):
        """Epochs by `partial_fit`."""
        for _ in range(epochs):
            self.model.partial_fit(self.X, self.y)
        return epochs * self.task.steps, self._loss()

    def predict_calls(self):
        """What the output layer gives: `predict` of a regressor, `predict_proba` of a classifier."""
        predict, X = self.model.predict if self.task.loss == "squared_error" else self.model.predict_proba, self.X
        return {"sklearn": lambda: predict(X)}

    def step_calls(self):
        """`partial_fit` on as many rows as a batch has."""

        def step():
            self._one_step()
            return self._loss()

        return {"sklearn": step}

    def _one_step(self):
        known = {"classes": range(self.task.sizes[-1])} if self.task.loss == "cross_entropy" else {}
        self.model.partial_fit(self.X[: self.task.batch], self.y[: self.task.batch], **known)

    def _loss(self):
        """The latest loss by fastbp's formula: scikit-learn's squared error is half of it."""
        return float(self.model.loss_) * (2 if self.task.loss == "squared_error" else 1)


def _as_logistic(weights):
    """Softmax of two numbers is the logistic function of their difference."""
    *hidden, (W, b) = weights
    return [*hidden, (W[:, 1:] - W[:, :1], b[1:] - b[:1])]


def _model(task):
    """scikit-learn's gradient of the squared error is outputs/2 times fastbp's; rate and epsilon make up for it."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore", ConvergenceWarning)
    scale = task.sizes[-1] / 2 if task.loss == "squared_error" else 1.0
    if task.optimizer == "sgd":
        settings = {"learning_rate_init": task.rate / scale, "momentum": 0.0, "nesterovs_momentum": False}
    else:
        settings = {"learning_rate_init": task.rate, "beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON * scale}
    activation = {"sigmoid": "logistic"}.get(task.activation, task.activation)
    kind = MLPRegressor if task.loss == "squared_error" else MLPClassifier
    hidden = task.sizes[1:-1]
    return kind(
        hidden_layer_sizes=hidden,
        activation=activation,
        solver=task.optimizer,
        alpha=0.0,
        batch_size=task.batch,
        random_state=0,
        **settings,
    )
