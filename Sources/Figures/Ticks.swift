import Glibc

/// A mark on an axis; minor ones have no label.
struct Tick: Equatable {
  var value: Double
  var label: String?
}

extension Axis {
  /// The marks of an axis of `length` pixels.
  ///
  /// - Parameters:
  ///   - spacing: the least distance between labels on a linear axis, however short they are.
  ///   - room: how many pixels along the axis a label needs, the gap to the next included.
  func ticks(length: Double, spacing: Double, room: (String) -> Double) -> [Tick] {
    let chosen = markTicks
    if chosen.count > 1, fits(chosen, length: length, room: room) { return chosen }
    return switch scale {
    case .linear: linearTicks(length: length, spacing: spacing, room: room)
    case .logarithmic: logarithmicTicks(length: length, spacing: spacing, room: room)
    case .categories(let names): categoryTicks(names, length: length, room: room)
    }
  }

  private var markTicks: [Tick] {
    Set(marks).filter(contains).sorted().map { Tick(value: $0, label: decimal($0, digits: 0)) }
  }

  /// As many multiples of 1, 2 or 5 powers of ten as find room.
  private func linearTicks(length: Double, spacing: Double, room: (String) -> Double) -> [Tick] {
    let width = domain.upperBound - domain.lowerBound
    for count in stride(from: max(Int(length / spacing), 3), through: 1, by: -1) {
      let step = niceStep(width / Double(count))
      let ticks = multiples(of: isOfIntegers ? max(step, 1) : step)
      if ticks.count > 1, fits(ticks, length: length, room: room) { return ticks }
    }
    // One number at least says where the axis is.
    return (1...3).lazy.map { Array(multiples(of: niceStep(width / Double($0))).prefix(1)) }.first { !$0.isEmpty } ?? []
  }

  private func multiples(of step: Double) -> [Tick] {
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1000 else { return [] }
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return Tick(value: value, label: tickText(value, digits: digits))
    }
  }

  /// The least of 1, 2 and 5 powers of ten that is not below `width`.
  private func niceStep(_ width: Double) -> Double {
    let power = pow(10, log10(width).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= width * (1 - 1e-9) } ?? 10 * power
  }

  /// Powers of ten, some left out where there are many; below two of them also their double and fivefold.
  private func logarithmicTicks(length: Double, spacing: Double, room: (String) -> Double) -> [Tick] {
    let low = Int((log10(domain.lowerBound) - 1e-9).rounded(.down))
    let high = Int((log10(domain.upperBound) + 1e-9).rounded(.up))
    let isDecimal = low >= -4 && high <= 5
    let minor = low...high
    for factors in [[1.0, 2, 5], [1.0, 3], [1.0]] where factors.count == 1 || high - low <= 3 {
      let labelled = minor.flatMap { power in
        factors.map { Tick(value: $0 * pow(10, Double(power)), label: powerText($0, power, isDecimal: isDecimal)) }
      }.filter { contains($0.value) }
      if labelled.count > 1, fits(labelled, length: length, room: room) {
        // Between 1, 2 and 5 they say nothing new.
        return factors.count == 3 ? labelled : labelled + minorTicks(minor, besides: labelled)
      }
    }
    for step in 2...max(high - low, 2) {
      let labelled = minor.filter { $0 % step == 0 }.map {
        Tick(value: pow(10, Double($0)), label: powerText(1, $0, isDecimal: isDecimal))
      }.filter { contains($0.value) }
      if labelled.count > 1, fits(labelled, length: length, room: room) {
        let others = minor.filter { $0 % step != 0 }.map { Tick(value: pow(10, Double($0))) }
        return labelled + others.filter { contains($0.value) }
      }
    }
    // Not even two powers: the axis is nearly linear.
    return linearTicks(length: length, spacing: spacing, room: room)
  }

  private func minorTicks(_ powers: ClosedRange<Int>, besides labelled: [Tick]) -> [Tick] {
    guard powers.count <= 4 else { return [] }
    let all = powers.flatMap { power in (1...9).map { Double($0) * pow(10, Double(power)) } }
    return all.filter { value in contains(value) && !labelled.contains { abs($0.value - value) < 1e-9 * value } }
      .map { Tick(value: $0) }
  }

  /// Every name, or every second, third, … one, from the first on.
  private func categoryTicks(_ names: [String], length: Double, room: (String) -> Double) -> [Tick] {
    let all = names.enumerated().map { Tick(value: Double($0), label: $1) }.filter { contains($0.value) }
    for step in 1...max(all.count, 1) {
      let kept = stride(from: 0, to: all.count, by: step).map { all[$0] }
      if fits(kept, length: length, room: room) { return kept }
    }
    return Array(all.prefix(1))
  }

  /// Whether neighbours leave each other room.
  private func fits(_ ticks: [Tick], length: Double, room: (String) -> Double) -> Bool {
    zip(ticks, ticks.dropFirst()).allSatisfy { first, second in
      guard let a = share(first.value), let b = share(second.value) else { return false }
      return (b - a) * length >= (room(first.label ?? "") + room(second.label ?? "")) / 2
    }
  }
}
