"""onnxruntime, on the same net as an ONNX model; it does not train."""

from benchmarks.comparison.peer import Caller

# Versions that onnxruntime has read for years.
_OPSET, _IR = 17, 8
_OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


class Onnxruntime(Caller):
    """`InferenceSession.run`."""

    def __init__(self, task, X, y, weights):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = task.threads, 1
        model = _model(task, weights).SerializeToString()
        self.session, self.X = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), X

    def predict_calls(self):
        """A run from NumPy to NumPy."""
        run, names, feed = self.session.run, ["outputs"], {"inputs": self.X}
        return {"onnxruntime": lambda: run(names, feed)[0]}


def _model(task, weights):
    """Layers of Gemm and activation and, for cross_entropy, a softmax."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, last = [], [], "inputs"

    def add(operator, *constants_of_it, **attributes):
        nonlocal last
        result = f"{operator}.{len(nodes)}"
        nodes.append(helper.make_node(operator, [last, *constants_of_it], [result], **attributes))
        last = result

    for layer, (W, b) in enumerate(weights):
        constants += [numpy_helper.from_array(W, f"W.{layer}"), numpy_helper.from_array(b, f"b.{layer}")]
        if layer > 0:
            add(_OPERATORS[task.activation])
        add("Gemm", f"W.{layer}", f"b.{layer}")
    if task.loss == "cross_entropy":
        add("Softmax", axis=1)
    nodes[-1].output[0] = "outputs"
    inputs, outputs = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [task.rows, size])
        for name, size in (("inputs", task.sizes[0]), ("outputs", task.sizes[-1]))
    )
    graph = helper.make_graph(nodes, "perceptron", [inputs], [outputs], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
