# SPDX-License-Identifier: Apache-2.0
"""Two training runs, a checkpoint after each epoch: a small MLP3 by plain SGD, and LeNet-5 by Adam, both on MNIST.

The weights are stored in float16, so that the runs stay small; training is in float32."""

import torch
from safetensors.torch import load_file

import common
import manifest

FOLDER = common.ROOT / "Training"


class SmallMLP3(torch.nn.Module):
    """196-128-128-128-10 with ReLU, Glorot-normal at the start; images are halved to 14×14 by averaging."""

    kinds = {"fc1": "dense", "fc2": "dense", "fc3": "dense", "fc4": "dense"}

    def __init__(self):
        super().__init__()
        widths = (196, 128, 128, 128, 10)
        for index, (inputs, outputs) in enumerate(zip(widths, widths[1:]), start=1):
            linear = torch.nn.Linear(inputs, outputs)
            torch.nn.init.xavier_normal_(linear.weight)
            torch.nn.init.zeros_(linear.bias)
            self.add_module(f"fc{index}", linear)

    def forward(self, images):
        hidden = torch.nn.functional.avg_pool2d(images, 2).flatten(1)
        for linear in (self.fc1, self.fc2, self.fc3):
            hidden = torch.relu(linear(hidden))
        return self.fc4(hidden)


class LeNet5(torch.nn.Module):
    """As in make_lenet5.py."""

    kinds = {"conv1": "conv2d", "conv2": "conv2d", "fc1": "dense", "fc2": "dense", "fc3": "dense"}

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
        hidden = torch.relu(self.fc2(torch.relu(self.fc1(hidden.flatten(1)))))
        return self.fc3(hidden)


# name, model, what it is, epochs, optimizer, batch, seeds of the start and of the order
RUNS = [
    ("mlp3", SmallMLP3, "MLP3 196-128-128-128-10, plain SGD, rate 0.1, batch 16", 10,
     lambda p: torch.optim.SGD(p, lr=0.1), 16, 5, 6),
    ("lenet5", LeNet5, "LeNet-5, Adam, rate 0.001, batch 64", 4, lambda p: torch.optim.Adam(p, lr=1e-3), 64, 7, 8),
]


def save(model, path):
    common.save_safetensors({name: tensor.half() for name, tensor in model.state_dict().items()}, path)


def train(name, model, data, epochs, optimizer, batch, seed):
    folder = FOLDER / name
    save(model, folder / f"{name}-init.safetensors")
    common.train(model, data, epochs, optimizer, batch=batch, seed=seed,
                 after=lambda epoch: save(model, folder / f"{name}-epoch-{epoch}.safetensors"))


def main():
    options = common.arguments(__doc__).parse_args()
    train_data, test_data = common.load_mnist(options.mnist)
    for name, kind, text, epochs, optimizer, batch, start, order in RUNS:
        entries = []
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        torch.manual_seed(start)
        model = kind()
        if not options.keep_weights:
            train(name, model, (train_data, test_data), epochs, optimizer, batch, order)
        for epoch in range(epochs + 1):
            label = f"epoch-{epoch}" if epoch else "init"
            path = f"Training/{name}/{name}-{label}.safetensors"
            state = load_file(common.ROOT / path)
            model.load_state_dict({key: tensor.float() for key, tensor in state.items()})
            score = common.accuracy(model, *test_data)
            print(f"{path}: test accuracy {score:.4f}")
            rows = [common.layer(layer, label, state[f"{layer}.weight"].numpy())
                    for layer, label in kind.kinds.items()]
            when = f"after epoch {epoch}" if epoch else "before training"
            entries.append(common.entry(path, "safetensors", "make_training.py", f"{text}: {when}, in float16", rows,
                                        test_accuracy=score))
        manifest.record(f"Training/{name}", entries)


if __name__ == "__main__":
    main()
