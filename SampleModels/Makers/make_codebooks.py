# SPDX-License-Identifier: Apache-2.0
"""Plugins/GGUFReader/CodebookPoints.swift: the points of GGUF's codebooks, taken from the package gguf and written
as the distances between one and the next."""

import numpy as np
from gguf import quants

import common

PLACE = common.ROOT.parent / "Plugins" / "GGUFReader" / "CodebookPoints.swift"
BOOKS = (("iq1Points", "IQ1_S"), ("iq2XXSPoints", "IQ2_XXS"), ("iq2XSPoints", "IQ2_XS"), ("iq2SPoints", "IQ2_S"),
         ("iq3XXSPoints", "IQ3_XXS"), ("iq3SPoints", "IQ3_S"))
STEP, WIDTH = 75, 112


def points(kind):
    """The points as numbers: the place of each element among the levels, the first in the lowest digit."""
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape)
    digits = np.searchsorted(np.array(kind.grid_map, np.float32), grid)
    bits = 16 // kind.grid_shape[1]
    return (digits << (bits * np.arange(kind.grid_shape[1]))).sum(1)


def text(numbers):
    distances = np.diff(numbers, prepend=0)
    assert (distances >= 0).all()
    return "".join("~" * (d // STEP) + chr(48 + d % STEP) for d in distances)


def main():
    lines = ["// Written by SampleModels/Makers/make_codebooks.py.", "", "extension Codebook {"]
    for name, kind in BOOKS:
        letters = text(points(getattr(quants, kind)))
        lines.append(f'  static let {name} = #"""')
        lines += ["    " + letters[i:i + WIDTH] for i in range(0, len(letters), WIDTH)]
        lines += ['    """#', ""]
    PLACE.write_text("\n".join(lines[:-1] + ["}", ""]))


if __name__ == "__main__":
    main()
