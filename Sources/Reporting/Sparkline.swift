import Glibc
import SpectralCore

/// A spectrum in a line of text: how many eigenvalues there are in each of 16 bins of equal ratio, from the least, or 10⁻⁶ of
/// the largest, to the largest.
func sparkline(of spectrum: Spectrum) -> String {
  let count = 16
  let positive = spectrum.positiveEigenvalues
  let least = spectrum.largest * 1e-6
  guard let first = positive.first(where: { $0 >= least }), first < spectrum.largest else { return "" }
  var bins = [Int](repeating: 0, count: count)
  let length = log(spectrum.largest / first)
  for value in positive where value >= first {
    bins[min(Int(log(value / first) / length * Double(count)), count - 1)] += 1
  }
  let highest = bins.max() ?? 1
  let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  return String(bins.map { $0 == 0 ? " " : blocks[($0 * blocks.count - 1) / highest] })
}
