import ModelReading
import Zip

/// Names for the constants of a frozen TorchScript program, which has none: the code says what
/// each is used for. `torch.conv2d(x, CONSTANTS.c0, CONSTANTS.c1, …)` makes `CONSTANTS.c0`
/// `CONSTANTS.c0.conv2d.weight`, and `CONSTANTS.c1` `CONSTANTS.c0.conv2d.bias`.
struct ConstantNames {
  private(set) var names: [String: String] = [:]
  /// Lists of constants that the code keeps in variables.
  private var lists: [ArraySlice<UInt8>: [String]] = [:]

  static let prefix = "CONSTANTS.c"
  /// Longer code is not searched.
  private static let maximumCodeBytes = 4_000_000
  private static let maximumArgumentBytes = 512

  init() {}

  /// - Parameter folder: that of the program, with its slash.
  init(_ archive: ZipArchive, _ folder: String) {
    var byteCount = 0
    for entry in archive.entries {
      let name = entry.name.description
      guard name.hasPrefix(folder + "code/"), name.hasSuffix(".py") else { continue }
      byteCount += min(entry.byteCount, Self.maximumCodeBytes)
      // Names are a convenience: code that cannot be read costs no weights.
      guard byteCount <= Self.maximumCodeBytes, let code = try? archive.contents(of: entry).copy() else { return }
      read(code)
    }
  }

  mutating func read(_ code: [UInt8]) {
    for line in code.split(separator: UInt8(ascii: "\n")) {
      readList(line)
      var rest = line
      while let start = rest.firstIndex(of: UInt8(ascii: "t")) {
        rest = rest[start...]
        if rest.starts(with: "torch.".utf8), let open = rest.prefix(32).firstIndex(of: UInt8(ascii: "(")) {
          let function = String(decoding: rest[(start + 6)..<open], as: UTF8.self)
          if let parameters = Self.parameters[function] {
            name(parameters, of: function, arguments(rest[(open + 1)...]))
          }
        }
        rest = rest.dropFirst()
      }
    }
  }

  // MARK: Naming

  private enum Parameter {
    /// At this place of the arguments.
    case at(Int, String)
    /// The weights of a recurrent layer, in a list.
    case recurrent
  }

  /// What stands where, the weight first: the others are called after it.
  private static let parameters: [String: [Parameter]] = {
    let convolution: [Parameter] = [.at(1, "weight"), .at(2, "bias")]
    let batch = convolution + [.at(3, "running_mean"), .at(4, "running_var")]
    var table: [String: [Parameter]] = [
      "linear": convolution, "_convolution": convolution, "convolution": convolution, "batch_norm": batch,
      "instance_norm": batch, "layer_norm": [.at(2, "weight"), .at(3, "bias")],
      "group_norm": [.at(2, "weight"), .at(3, "bias")], "embedding": [.at(0, "weight")], "matmul": [.at(1, "kernel")],
      "mm": [.at(1, "kernel")], "addmm": [.at(2, "kernel"), .at(0, "bias")], "lstm": [.recurrent], "gru": [.recurrent],
      "rnn_tanh": [.recurrent], "rnn_relu": [.recurrent],
    ]
    for rank in 1...3 {
      table["conv\(rank)d"] = convolution
      table["conv_transpose\(rank)d"] = convolution
    }
    return table
  }()

  private mutating func name(_ parameters: [Parameter], of function: String, _ arguments: [ArraySlice<UInt8>]) {
    var group: String?
    for parameter in parameters {
      switch parameter {
      case .recurrent: nameRecurrent(function, arguments)
      case .at(let place, let role):
        guard arguments.indices.contains(place), let (constant, isTurned) = constant(arguments[place]) else { continue }
        if group == nil, role != "weight", role != "kernel" { return }
        group = group ?? constant + "." + operation(function, arguments)
        setName(constant, group! + "." + (isTurned && role == "kernel" ? "weight" : role))
      }
    }
  }

  private mutating func setName(_ constant: String, _ name: String) {
    if names[constant] == nil { names[constant] = name }
  }

  /// `_convolution` says by an argument whether it is transposed.
  private func operation(_ function: String, _ arguments: [ArraySlice<UInt8>]) -> String {
    guard function == "_convolution" || function == "convolution" else { return function }
    return arguments.count > 6 && arguments[6].elementsEqual("True".utf8) ? "conv_transpose" : "conv"
  }

  /// (input, state, weights, has biases, layers, dropout, training, bidirectional, …)
  private mutating func nameRecurrent(_ function: String, _ arguments: [ArraySlice<UInt8>]) {
    guard arguments.count > 7, let weights = lists[arguments[2]] ?? list(arguments[2]), let first = weights.first else {
      return
    }
    let parts = ["weight_ih", "weight_hh"] + (arguments[3].elementsEqual("True".utf8) ? ["bias_ih", "bias_hh"] : [])
    let directions = arguments[7].elementsEqual("True".utf8) ? ["", "_reverse"] : [""]
    for (index, weight) in weights.enumerated() {
      let cell = index / parts.count
      let name = "\(parts[index % parts.count])_l\(cell / directions.count)\(directions[cell % directions.count])"
      setName(weight, "\(first).\(function).\(name)")
    }
  }

  // MARK: Parsing

  /// `self_lstm__flat_weights = [CONSTANTS.c1, CONSTANTS.c2]`
  private mutating func readList(_ line: ArraySlice<UInt8>) {
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")), let constants = list(trimmed(line[(equals + 1)...]))
    else {
      return
    }
    lists[trimmed(line[..<equals])] = constants
  }

  private func list(_ text: ArraySlice<UInt8>) -> [String]? {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else { return nil }
    let elements = text.dropFirst().dropLast().split(separator: UInt8(ascii: ",")).map { constant(trimmed($0))?.name }
    return elements.contains(nil) ? nil : elements.compactMap { $0 }
  }

  /// `CONSTANTS.c7`, or `torch.t(CONSTANTS.c7)`.
  private func constant(_ text: ArraySlice<UInt8>) -> (name: String, isTurned: Bool)? {
    if text.starts(with: "torch.t(".utf8), text.last == UInt8(ascii: ")") {
      return constant(text.dropFirst(8).dropLast()).map { ($0.name, !$0.isTurned) }
    }
    guard text.starts(with: Self.prefix.utf8), text.count < 32,
      text.dropFirst(Self.prefix.utf8.count).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return (String(decoding: text, as: UTF8.self), false)
  }

  /// The arguments of a call up to its closing parenthesis.
  private func arguments(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var result: [ArraySlice<UInt8>] = []
    var depth = 0
    var start = text.startIndex
    for (index, byte) in zip(text.indices, text).prefix(Self.maximumArgumentBytes) {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")") where depth == 0: return result + [trimmed(text[start..<index])]
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ",") where depth == 0:
        result.append(trimmed(text[start..<index]))
        start = index + 1
      default: break
      }
    }
    return []
  }

  private func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = text.firstIndex { $0 != 0x20 } ?? text.endIndex
    let end = text.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? start
    return text[start..<end]
  }
}
