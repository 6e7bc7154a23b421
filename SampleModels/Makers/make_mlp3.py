# SPDX-License-Identifier: Apache-2.0
"""MLP3: 784-512-512-512-10 with ReLU, at Glorot-normal initialisation and after plain SGD on MNIST."""

import torch
from safetensors.torch import load_file

import common
import manifest

WIDTHS = (784, 512, 512, 512, 10)
EPOCHS = 5
FOLDER = common.ROOT / "MLP3"


class MLP3(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for index, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:]), start=1):
            linear = torch.nn.Linear(inputs, outputs)
            torch.nn.init.xavier_normal_(linear.weight)
            torch.nn.init.zeros_(linear.bias)
            self.add_module(f"fc{index}", linear)

    def forward(self, images):
        hidden = images.flatten(1)
        for linear in (self.fc1, self.fc2, self.fc3):
            hidden = torch.relu(linear(hidden))
        return self.fc4(hidden)


def rows(state):
    return [common.layer(f"fc{i}", "dense", state[f"fc{i}.weight"].numpy()) for i in (1, 2, 3, 4)]


def main():
    options = common.arguments(__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    initial, trained = FOLDER / "mlp3-init.safetensors", FOLDER / "mlp3-trained.safetensors"
    train, test = common.load_mnist(options.mnist)
    torch.manual_seed(3)
    model = MLP3()
    if not options.keep_weights:
        common.save_safetensors(model.state_dict(), initial)
        common.train(model, (train, test), EPOCHS, lambda p: torch.optim.SGD(p, lr=0.1), batch=32, seed=4)
        common.save_safetensors(model.state_dict(), trained)
    entries = []
    for path, text in ((initial, "MLP3 784-512-512-512-10 at Glorot-normal initialisation, biases zero"),
                       (trained, f"the same MLP3 after {EPOCHS} epochs of plain SGD "
                                 "(rate 0.1, batch 32, no momentum, no decay)")):
        state = load_file(path)
        model.load_state_dict(state)
        score = common.accuracy(model, *test)
        print(f"{path.name}: test accuracy {score:.4f}")
        entries.append(common.entry(f"MLP3/{path.name}", "safetensors", "make_mlp3.py", text, rows(state),
                                    test_accuracy=score))
    manifest.record("MLP3", entries)


if __name__ == "__main__":
    main()
