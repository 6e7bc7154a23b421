# SPDX-License-Identifier: Apache-2.0
"""One small MLP3 for each of nine batch sizes, all else equal: the same start, rate, order of images and number of epochs.

The weights are stored in float16, as those of make_training.py; training is in float32."""

import torch
from safetensors.torch import load_file

import common
import make_training
import manifest

FOLDER = "Training/batch-sizes"
SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
EPOCHS = 20
RATE = 0.01


def main():
    options = common.arguments(__doc__).parse_args()
    train_data, test_data = common.load_mnist(options.mnist)
    (common.ROOT / FOLDER).mkdir(parents=True, exist_ok=True)
    entries = []
    for size in SIZES:
        path = f"{FOLDER}/mlp3-batch-{size}.safetensors"
        torch.manual_seed(5)
        model = make_training.SmallMLP3()
        if not options.keep_weights:
            common.train(model, (train_data, test_data), EPOCHS, lambda p: torch.optim.SGD(p, lr=RATE), batch=size, seed=6)
            make_training.save(model, common.ROOT / path)
        state = load_file(common.ROOT / path)
        model.load_state_dict({key: tensor.float() for key, tensor in state.items()})
        scores = [common.accuracy(model, *data) for data in (train_data, test_data)]
        print(f"{path}: training accuracy {scores[0]:.4f}, test accuracy {scores[1]:.4f}")
        rows = [common.layer(layer, kind, state[f"{layer}.weight"].numpy()) for layer, kind in model.kinds.items()]
        text = (f"MLP3 196-128-128-128-10 after {EPOCHS} epochs of plain SGD, rate {RATE}, batch {size}, "
                "from the start that mlp3-init has, in float16")
        entries.append(common.entry(path, "safetensors", "make_batch_sizes.py", text, rows, training_accuracy=scores[0],
                                    test_accuracy=scores[1]))
    manifest.record(FOLDER, entries)


if __name__ == "__main__":
    main()
