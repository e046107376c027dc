"""fastbp, through its public interface."""

from benchmarks.comparison.peer import Peer
from benchmarks.comparison.task import BETA_1, BETA_2, EPSILON


class Fastbp(Peer):
    """`fastbp.Trainer.fit`, which on all cores may choose its number of threads itself."""

    def __init__(self, task, X, y, weights):
        import fastbp

        self.task, self.X, self.y = task, X, y
        model = fastbp.MLP(task.sizes, activation=task.activation, seed=0)
        for layer, (W, b) in enumerate(weights):
            model.weights[layer][...] = W
            model.biases[layer][...] = b
        optimizer = fastbp.SGD(task.rate) if task.optimizer == "sgd" else fastbp.Adam(task.rate, BETA_1, BETA_2, EPSILON)
        threads = None if task.all_cores else task.threads
        self.trainer = fastbp.Trainer(model, loss=task.loss, optimizer=optimizer, batch_size=task.batch, seed=0, threads=threads)

    def first_steps(self):
        """Steps by `Trainer.step`."""
        for _ in range(3):
            yield self.trainer.step(self.X[: self.task.batch], self.y[: self.task.batch])

    def train(self, epochs):
        """Epochs by `Trainer.fit`."""
        history = self.trainer.fit(self.X, self.y, epochs=epochs, progress=False)
        return epochs * self.task.steps, history.loss[-1]
