// How far the layers of two models are from each other:  compare-models FIRST SECOND
import Analysis
import Glibc
import LinearAlgebra
import ModelReaders
import ModelReading

guard CommandLine.arguments.count == 3 else { exit(64) }
do {
  try BLAS.start()
  // Weights are matched by name: the two may be in different formats.
  let first = try ReaderRegistry.builtIn.open(CommandLine.arguments[1])
  let second = try ReaderRegistry.builtIn.open(CommandLine.arguments[2])
  let comparison = try distances(first, second)
  for weight in comparison.weights {
    guard let distance = weight.weight, let spectral = weight.spectral else {
      print("\(weight.name): \(weight.reason ?? "no distance")")
      continue
    }
    let same = weight.isIdentical ? ", the same bits" : ""
    print("\(weight.name): ‖W₁ − W₂‖ \(rounded(distance)), of the spectra \(rounded(spectral))\(same)")
  }
  for weight in comparison.unmatched { print("\(weight.name) \(weight.reason)") }
} catch {
  print("error: \(error)")
  exit(1)
}

func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
