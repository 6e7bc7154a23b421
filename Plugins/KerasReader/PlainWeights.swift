import ModelReading

/// Datasets of an HDF5 file that Keras did not write: Caffe, Chainer, MATLAB, a table of numbers.
///
/// Datasets of one group are taken for one layer where they are called as
/// weights are; nothing is known of any other.
enum PlainWeights {
  static func units(_ arrays: [StoredArray]) -> WeightUnits {
    var result = WeightUnits()
    var positions: [ByteString: Int] = [:]
    for array in arrays {
      let components = array.path.description.split(separator: "/").map(String.init)
      guard let name = components.last else { continue }
      let owner = components.count > 1 ? components.dropLast().joined(separator: "/") : name
      let variable = WeightUnit.Variable(name: name, array: array)
      if let position = positions[ByteString(owner)] {
        result.units[position].variables.append(variable)
      } else {
        positions[ByteString(owner)] = result.units.count
        result.units.append(WeightUnit(name: owner, kerasClass: nil, config: nil, variables: [variable], isPlain: true))
      }
    }
    return result
  }
}
