# SPDX-License-Identifier: Apache-2.0
"""LeNet5Large: two 5×5 convolutions with 20 and 50 channels, then 2450-500-10, trained on MNIST."""

import torch
from safetensors.torch import load_file

import common
import manifest

EPOCHS = 2
FOLDER = common.ROOT / "LeNet5Large"


class LeNet5Large(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 20, 5, padding=2)
        self.conv2 = torch.nn.Conv2d(20, 50, 5, padding=2)
        self.fc1 = torch.nn.Linear(2450, 500)
        self.fc2 = torch.nn.Linear(500, 10)

    def forward(self, images):
        hidden = torch.nn.functional.max_pool2d(torch.relu(self.conv1(images)), 2)
        hidden = torch.nn.functional.max_pool2d(torch.relu(self.conv2(hidden)), 2)
        return self.fc2(torch.relu(self.fc1(hidden.flatten(1))))


def main():
    options = common.arguments(__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "lenet5-large.safetensors"
    train, test = common.load_mnist(options.mnist)
    torch.manual_seed(5)
    model = LeNet5Large()
    if not options.keep_weights:
        common.train(model, (train, test), EPOCHS, lambda p: torch.optim.Adam(p, lr=1e-3), seed=6)
        common.save_safetensors(model.state_dict(), path)
    state = load_file(path)
    model.load_state_dict(state)
    score = common.accuracy(model, *test)
    print(f"{path.name}: test accuracy {score:.4f}")
    kinds = {"conv1": "conv2d", "conv2": "conv2d", "fc1": "dense", "fc2": "dense"}
    rows = [common.layer(name, kind, state[f"{name}.weight"].numpy()) for name, kind in kinds.items()]
    manifest.record("LeNet5Large", [common.entry(
        "LeNet5Large/lenet5-large.safetensors", "safetensors", "make_lenet5_large.py",
        f"LeNet5 with 20 and 50 channels, 2450-500-10, {EPOCHS} epochs of Adam", rows, test_accuracy=score)])


if __name__ == "__main__":
    main()
