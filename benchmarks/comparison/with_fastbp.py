"""fastbp, through its public interface."""

from benchmarks.comparison.peer import Caller, Peer
from benchmarks.comparison.task import BETA_1, BETA_2, CLIP_NORM, DROPOUT, EPSILON

#: Epochs of the longer fit: so many that what a fit costs beyond its steps hardly counts in each.
EPOCHS = 50


class Fastbp(Peer, Caller):
    """`fastbp.Trainer.fit`, which on all cores may choose its number of threads itself."""

    def __init__(self, task, X, y, weights):
        import fastbp

        self.task, self.X, self.y = task, X, y
        between = {"dropout": DROPOUT} if task.extra == "dropout" else {"normalization": task.extra} if task.normalizes else {}
        self.model = fastbp.MLP(task.sizes, activation=task.activation, dtype=task.dtype, seed=0, **between)
        for layer, (W, b) in enumerate(weights):
            self.model.weights[layer][...] = W
            self.model.biases[layer][...] = b
        clip = {"clip_norm": CLIP_NORM} if task.extra == "clip" else {}
        if task.optimizer == "sgd":
            optimizer = fastbp.SGD(task.rate, **clip)
        else:
            # An older fastbp, for comparison, may have no NAdam.
            made = fastbp.Adam if task.optimizer == "adam" else fastbp.NAdam
            optimizer = made(task.rate, BETA_1, BETA_2, EPSILON, **clip)
        threads = None if task.all_cores else task.threads
        self.trainer = fastbp.Trainer(self.model, loss=task.loss, optimizer=optimizer, batch_size=task.batch, seed=0, threads=threads)

    def first_steps(self):
        """Steps by `Trainer.step`."""
        for _ in range(3):
            yield self.trainer.step(self.X[: self.task.batch], self.y[: self.task.batch])

    def train(self, epochs):
        """Epochs by `Trainer.fit`."""
        history = self.trainer.fit(self.X, self.y, epochs=epochs, progress=False)
        return epochs * self.task.steps, history.loss[-1]

    def predict_calls(self):
        """`MLP.predict`."""
        model, X = self.model, self.X
        return {"fastbp": lambda: model.predict(X)}

    def step_calls(self):
        """`Trainer.step`."""
        trainer, X, y = self.trainer, self.X, self.y
        return {"fastbp": lambda: trainer.step(X, y)}

    def fit_calls(self):
        """`Trainer.fit`, short and long; on the same data each time."""
        return {"one": lambda: self.train(1)[1], "many": lambda: self.train(EPOCHS)[1]}

    def evaluate_calls(self):
        """`Trainer.evaluate`, of one row and of all."""
        trainer, X, y, first, first_y = self.trainer, self.X, self.y, self.X[:1], self.y[:1]
        return {"one": lambda: trainer.evaluate(first, first_y)["loss"], "all": lambda: trainer.evaluate(X, y)["loss"]}
