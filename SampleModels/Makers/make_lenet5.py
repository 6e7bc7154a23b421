# SPDX-License-Identifier: Apache-2.0
"""LeNet-5 (61,706 parameters), trained once on MNIST and stored bit for bit in seven containers."""

import common

import keras
import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator
from safetensors.torch import load_file

import manifest

EPOCHS = 4
FOLDER = common.ROOT / "LeNet5"
KINDS = {"conv1": "conv2d", "conv2": "conv2d", "fc1": "dense", "fc2": "dense", "fc3": "dense"}


class LeNet5(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1 = torch.nn.Linear(400, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def forward(self, images):
        hidden = torch.nn.functional.max_pool2d(torch.relu(self.conv1(images)), 2)
        hidden = torch.nn.functional.max_pool2d(torch.relu(self.conv2(hidden)), 2)
        hidden = torch.relu(self.fc1(hidden.flatten(1)))
        return self.fc3(torch.relu(self.fc2(hidden)))


def keras_model(state):
    """The same network with channels last; Permute puts the channels first again before fc1."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1), name="image"),
        layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(16, 5, activation="relu", name="conv2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Permute((3, 1, 2), name="channels_first"),
        layers.Flatten(name="flatten"),
        layers.Dense(120, activation="relu", name="fc1"),
        layers.Dense(84, activation="relu", name="fc2"),
        layers.Dense(10, name="fc3"),
    ], name="lenet5")
    for name, kind in KINDS.items():
        kernel = state[f"{name}.weight"].numpy()
        kernel = kernel.transpose(2, 3, 1, 0) if kind == "conv2d" else kernel.T
        model.get_layer(name).set_weights([kernel, state[f"{name}.bias"].numpy()])
    return model


def canonical_keras(kernel):
    return kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T


def save_onnx(model, path):
    torch.onnx.export(model, (torch.zeros(1, 1, 28, 28),), str(path), dynamo=False, input_names=["image"],
                      output_names=["logits"], dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}})
    graph = onnx.load(path)
    common.strip_onnx(graph)
    onnx.checker.check_model(graph)
    path.write_bytes(graph.SerializeToString(deterministic=True))


def write(state, model):
    common.save_torch(state, FOLDER / "lenet5.pt")
    common.save_legacy_torch(state, FOLDER / "lenet5-legacy.pth")
    twin = keras_model(state)
    twin.save(FOLDER / "lenet5.h5")
    common.save_keras(twin, FOLDER / "lenet5.keras")
    save_onnx(model, FOLDER / "lenet5.onnx")
    np.savez(FOLDER / "lenet5.npz", **{name: tensor.numpy() for name, tensor in state.items()})


def read_back():
    """Every container's canonical kernels and a function from images to logits."""
    def torch_twin(state):
        twin = LeNet5()
        twin.load_state_dict(state)
        return lambda images: twin(images).detach().numpy()

    kernels, logits = {}, {}
    with np.load(FOLDER / "lenet5.npz") as archive:
        arrays = {key: torch.from_numpy(archive[key]) for key in archive.files}
    for name, state in (("lenet5.safetensors", load_file(FOLDER / "lenet5.safetensors")),
                        ("lenet5.pt", torch.load(FOLDER / "lenet5.pt", weights_only=True)),
                        ("lenet5-legacy.pth", torch.load(FOLDER / "lenet5-legacy.pth", weights_only=True)),
                        ("lenet5.npz", arrays)):
        kernels[name] = {layer: state[f"{layer}.weight"].numpy() for layer in KINDS}
        logits[name] = torch_twin(state)
    for name in ("lenet5.h5", "lenet5.keras"):
        twin = keras.models.load_model(FOLDER / name, compile=False)
        kernels[name] = {layer: canonical_keras(twin.get_layer(layer).get_weights()[0]) for layer in KINDS}
        logits[name] = lambda images, twin=twin: twin.predict(images.permute(0, 2, 3, 1).numpy(), verbose=0)
    graph = onnx.load(FOLDER / "lenet5.onnx")
    found = {t.name: onnx.numpy_helper.to_array(t) for t in graph.graph.initializer}
    kernels["lenet5.onnx"] = {layer: found[f"{layer}.weight"] for layer in KINDS}
    logits["lenet5.onnx"] = lambda images: ReferenceEvaluator(graph).run(None, {"image": images.numpy()})[0]
    return kernels, logits


def main():
    options = common.arguments(__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    train, test = common.load_mnist(options.mnist)
    torch.manual_seed(1)
    model = LeNet5()
    if not options.keep_weights:
        common.train(model, (train, test), EPOCHS, lambda p: torch.optim.Adam(p, lr=1e-3), seed=2,
                     schedule=[1e-3] * (EPOCHS - 1) + [2e-4])
        common.save_safetensors(model.state_dict(), FOLDER / "lenet5.safetensors")
    stored = load_file(FOLDER / "lenet5.safetensors")
    model.load_state_dict(stored)
    model.eval()
    state = model.state_dict()  # the order of the layers, which safetensors does not keep
    assert sum(t.numel() for t in state.values()) == 61706
    score = common.accuracy(model, *test)
    write(state, model)

    kernels, logits = read_back()
    images = test[0][:100]
    reference = logits["lenet5.safetensors"](images)
    rows = [common.layer(name, kind, state[f"{name}.weight"].numpy()) for name, kind in KINDS.items()]
    for name, found in kernels.items():
        assert [common.layer(n, k, found[n]) for n, k in KINDS.items()] == rows, name
        difference = np.abs(logits[name](images) - reference).max()
        print(f"{name:20} kernels identical, largest difference of a logit {difference:.1e}")
        assert difference < 2e-4, name
    print(f"test accuracy {score:.4f}")

    texts = {"lenet5.pt": ("pytorch", "state_dict, PyTorch zip"),
             "lenet5-legacy.pth": ("pytorch", "state_dict, PyTorch layout before 1.6"),
             "lenet5.h5": ("keras", "full model, legacy Keras HDF5"),
             "lenet5.keras": ("keras", "full model, Keras 3 zip"),
             "lenet5.onnx": ("onnx", "inference graph, weights inside"),
             "lenet5.safetensors": ("safetensors", "state_dict"),
             "lenet5.npz": ("numpy", "NumPy archive, members stored")}
    manifest.record("LeNet5", [
        common.entry(f"LeNet5/{name}", format, "make_lenet5.py",
                     f"LeNet-5 trained {EPOCHS} epochs on MNIST: {text}", rows, test_accuracy=score)
        for name, (format, text) in texts.items()])


if __name__ == "__main__":
    main()
