// Prints the power law of each layer of a model:  layer-alphas MODEL
import Analysis
import Glibc
import LinearAlgebra
import ModelReaders
import ModelReading

guard CommandLine.arguments.count == 2 else { exit(64) }
let path = CommandLine.arguments[1]
do {
  try BLAS.start()
  var options = AnalysisOptions()
  options.threadCount = 2  // the numbers are the same for any
  let report = try analyze(ReaderRegistry.builtIn.open(path), path: path, options: options)
  for record in report.layers {
    // What does not exist is nil: a convolution with one input channel has no power law.
    guard let alpha = record.alpha, let distance = record.distance else {
      print("\(record.name): no alpha, \(record.reason ?? "")")
      continue
    }
    let trust = record.isAlphaCredible ? "credible" : "not credible"
    print("\(record.name): alpha \(rounded(alpha)), D \(rounded(distance)), \(record.phase ?? "no phase"), \(trust)")
  }
} catch {
  // ReadError: the model; LinearAlgebraError: OpenBLAS or LAPACK is missing.
  print("error: \(error)")
  exit(1)
}

func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
