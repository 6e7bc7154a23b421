import ModelReading

/// The variables of one layer, wherever the file keeps them.
struct WeightUnit {
  /// Name of the layer, nested models as `outer/inner`.
  var name: String
  /// From the configuration or the path; `nil` if neither tells.
  var kerasClass: KerasClass?
  var config: KerasLayerConfig?
  var variables: [Variable]

  struct Variable {
    /// What Keras calls it: `kernel`, `bias`; a number where the file has only a position.
    var name: String
    var array: StoredArray
  }
}

/// What a way of keeping weights yields.
struct WeightUnits {
  var units: [WeightUnit] = []
  var diagnostics: [Diagnostic] = []
  /// Arrays that were left out on purpose: known, and named in a diagnostic as a whole.
  var leftOut: Set<ByteString> = []
}
