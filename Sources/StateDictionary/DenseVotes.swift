import ModelReading

/// Which way round the matrices of a file lie, by those whose bias tells.
///
/// A dense layer's bias is as long as its output. Where the matrix is square,
/// or the bias missing, layers of the same name elsewhere in the file answer:
/// the `c_attn` of GPT-2, 768 × 2304 with a bias of 2304, speaks for every `c_…`.
struct DenseVotes {
  /// Votes for `[output, input]` less votes for `[input, output]`.
  private var byName: [String: Int] = [:]
  private var byFamily: [String: Int] = [:]
  private var all = 0

  init(_ groups: [TensorGroup]) {
    for group in groups {
      guard let kernel = group.kernel, kernel.rank == 2, let bias = group.biasLength,
        let outputFirst = DenseVotes.isOutputFirst(kernel.tensor.shape, bias)
      else { continue }
      let vote = outputFirst ? 1 : -1
      let name = Words(group.prefix).last
      byName[name, default: 0] += vote
      if let family = DenseVotes.family(name) { byFamily[family, default: 0] += vote }
      all += vote
    }
  }

  /// What the bias says, if it says something.
  static func isOutputFirst(_ shape: [Int], _ bias: Int?) -> Bool? {
    guard let bias, shape[0] != shape[1] else { return nil }
    if bias == shape[0] { return true }
    return bias == shape[1] ? false : nil
  }

  /// What layers of like name say.
  func isOutputFirst(like name: String) -> Bool? {
    if let votes = byName[name], votes != 0 { return votes > 0 }
    if let family = DenseVotes.family(name), let votes = byFamily[family], votes != 0 { return votes > 0 }
    return nil
  }

  /// What the file says as a whole.
  var majorityIsOutputFirst: Bool? { all == 0 ? nil : all > 0 }

  /// `c_` of `c_proj`: a first token of one letter.
  private static func family(_ name: String) -> String? {
    let start = name.utf8.prefix(2)
    return start.count == 2 && start.last == UInt8(ascii: "_") ? String(name.prefix(2)) : nil
  }
}
