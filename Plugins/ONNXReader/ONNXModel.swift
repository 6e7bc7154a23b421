import ModelReading

// The structure of a model as Swift values: what a skeleton unpacks to. Names
// of values and tensors are bytes, because they are compared; the others are text.

struct ONNXModel {
  var irVersion: Int64?
  var producerName: String
  var producerVersion: String
  var graph: ONNXGraph?
  var operatorSets: [(domain: String, version: Int64)]
  var metadata: [(key: String, value: String)]
  var functions: [ONNXFunction]
  /// Graphs that initialise or train the model; they are no part of inference.
  var trainingGraphs: [ONNXGraph]
}

struct ONNXGraph {
  var name: String
  var nodes: [ONNXNode]
  var initializers: [ONNXTensor]
  var sparseInitializers: [ONNXSparseTensor]
  var inputs: [ByteString]
  var outputs: [ByteString]
}

struct ONNXNode {
  var inputs: [ByteString]
  var outputs: [ByteString]
  var name: String
  var operation: String
  var domain: String
  var overload: String
  var attributes: [ONNXAttribute]
  /// The module of the original program that the node comes from, if the exporter says.
  var module: String?
}

struct ONNXAttribute {
  var name: String
  var integer: Int64?
  var text: String?
  var integers: [Int64]
  /// One, or a list: the two fields of the format together.
  var tensors: [ONNXTensor]
  var graphs: [ONNXGraph]
  var sparseTensors: [ONNXSparseTensor]
  /// A float that stands alone.
  var float: Float?
  /// Where its list of floats lies: indices into the payloads.
  var payloads: [Int]
  /// In a function, the attribute of the calling node that this one stands for.
  var reference: String?
}

struct ONNXTensor {
  var name: ByteString
  var dimensions: [Int64]
  /// The format's number for the element type.
  var dataType: Int32
  /// Where its values lie: indices into the payloads, one per message that was merged.
  var payloads: [Int]
  var isExternal: Bool
  var externalData: [(key: String, value: String)]
}

struct ONNXSparseTensor {
  var values: ONNXTensor?
  var indices: ONNXTensor?
  var dimensions: [Int64]
}

/// Operators of a model, made of others.
struct ONNXFunction {
  var name: String
  var domain: String
  var overload: String
  var inputs: [ByteString]
  var outputs: [ByteString]
  var nodes: [ONNXNode]
  /// Attributes that have a value when the calling node has none.
  var defaults: [ONNXAttribute]
}
