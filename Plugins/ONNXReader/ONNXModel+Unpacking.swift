import CONNX
import CProtobufC
import ModelReading

// The only file that sees protobuf-c. Graphs inside graphs are converted by
// functions that call each other; the walker has bounded their nesting.

extension ONNXModel {
  /// Unpacks a skeleton with protobuf-c.
  /// - Parameter file: for the error.
  /// - Throws: `.malformed` if protobuf-c refuses the bytes.
  init(_ skeleton: Skeleton, file: String) throws(ReadError) {
    let bytes = skeleton.bytes
    let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
      // An empty message has no bytes to point at.
      unsafe connx__model__unpack(nil, buffer.count, buffer.baseAddress)
    }
    guard let message = unsafe unpacked else {
      throw ReadError(.malformed, "has a structure of \(bytes.count) bytes that does not unpack", file: file)
    }
    defer { unsafe connx__model__free_unpacked(message, nil) }
    self = unsafe ONNXModel(message.pointee)
  }

  private init(_ message: Connx__Model) {
    irVersion = unsafe message.has_ir_version != 0 ? message.ir_version : nil
    producerName = unsafe decoded(message.producer_name)
    producerVersion = unsafe decoded(message.producer_version)
    graph = unsafe message.graph.map { unsafe ONNXGraph($0.pointee) }
    operatorSets = unsafe list(message.opset_import, message.n_opset_import) { set in
      (unsafe decoded(set.domain), unsafe set.version)
    }
    metadata = unsafe list(message.metadata_props, message.n_metadata_props) { unsafe entry($0) }
    functions = unsafe list(message.functions, message.n_functions) { unsafe ONNXFunction($0) }
    trainingGraphs = unsafe list(message.training_info, message.n_training_info) { training in
      unsafe [training.initialization, training.algorithm].compactMap { graph in
        unsafe graph.map { unsafe ONNXGraph($0.pointee) }
      }
    }.flatMap { $0 }
  }
}

extension ONNXGraph {
  fileprivate init(_ message: Connx__Graph) {
    name = unsafe decoded(message.name)
    nodes = unsafe list(message.node, message.n_node) { unsafe ONNXNode($0) }
    initializers = unsafe list(message.initializer, message.n_initializer) { unsafe ONNXTensor($0) }
    sparseInitializers = unsafe list(message.sparse_initializer, message.n_sparse_initializer) {
      unsafe ONNXSparseTensor($0)
    }
    inputs = unsafe list(message.input, message.n_input) { unsafe byteString($0.name) }
    outputs = unsafe list(message.output, message.n_output) { unsafe byteString($0.name) }
  }
}

extension ONNXNode {
  fileprivate init(_ message: Connx__Node) {
    inputs = unsafe strings(message.input, message.n_input)
    outputs = unsafe strings(message.output, message.n_output)
    name = unsafe decoded(message.name)
    operation = unsafe decoded(message.op_type)
    domain = unsafe decoded(message.domain)
    overload = unsafe decoded(message.overload)
    attributes = unsafe list(message.attribute, message.n_attribute) { unsafe ONNXAttribute($0) }
    let notes = unsafe list(message.metadata_props, message.n_metadata_props) { unsafe entry($0) }
    module = notes.first { $0.key == "pkg.torch.onnx.name_scopes" }.flatMap { LayerNaming.module(inScopes: $0.value) }
  }
}

extension ONNXAttribute {
  fileprivate init(_ message: Connx__Attribute) {
    name = unsafe decoded(message.name)
    integer = unsafe message.has_i != 0 ? message.i : nil
    text = unsafe message.has_s != 0 ? decoded(message.s) : nil
    integers = unsafe numbers(message.ints, message.n_ints)
    let tensor = unsafe message.t.map { unsafe ONNXTensor($0.pointee) }
    tensors = unsafe (tensor.map { [$0] } ?? []) + list(message.tensors, message.n_tensors) { unsafe ONNXTensor($0) }
    let graph = unsafe message.g.map { unsafe ONNXGraph($0.pointee) }
    graphs = unsafe (graph.map { [$0] } ?? []) + list(message.graphs, message.n_graphs) { unsafe ONNXGraph($0) }
    let sparse = unsafe message.sparse_tensor.map { unsafe ONNXSparseTensor($0.pointee) }
    sparseTensors =
      unsafe (sparse.map { [$0] } ?? [])
      + list(message.sparse_tensors, message.n_sparse_tensors) { unsafe ONNXSparseTensor($0) }
    float = unsafe message.has_f != 0 ? message.f : nil
    payloads = unsafe numbers(message.payload, message.n_payload).map { Int($0) }
    reference = unsafe message.has_ref_attr_name != 0 ? decoded(message.ref_attr_name) : nil
  }
}

extension ONNXTensor {
  fileprivate init(_ message: Connx__Tensor) {
    name = unsafe byteString(message.name)
    dimensions = unsafe numbers(message.dims, message.n_dims)
    dataType = unsafe message.data_type
    payloads = unsafe numbers(message.payload, message.n_payload).map { Int($0) }
    isExternal = unsafe message.data_location == 1
    externalData = unsafe list(message.external_data, message.n_external_data) { unsafe entry($0) }
  }
}

extension ONNXSparseTensor {
  fileprivate init(_ message: Connx__SparseTensor) {
    values = unsafe message.values.map { unsafe ONNXTensor($0.pointee) }
    indices = unsafe message.indices.map { unsafe ONNXTensor($0.pointee) }
    dimensions = unsafe numbers(message.dims, message.n_dims)
  }
}

extension ONNXFunction {
  fileprivate init(_ message: Connx__Function) {
    name = unsafe decoded(message.name)
    domain = unsafe decoded(message.domain)
    overload = unsafe decoded(message.overload)
    inputs = unsafe strings(message.input, message.n_input)
    outputs = unsafe strings(message.output, message.n_output)
    nodes = unsafe list(message.node, message.n_node) { unsafe ONNXNode($0) }
    defaults = unsafe list(message.attribute_proto, message.n_attribute_proto) { unsafe ONNXAttribute($0) }
  }
}

// MARK: - Fields

private func list<Message, Value>(
  _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int, _ convert: (Message) -> Value
) -> [Value] {
  guard let messages = unsafe messages else { return [] }
  return unsafe UnsafeBufferPointer(start: messages, count: count).compactMap { message in
    unsafe message.map { unsafe convert($0.pointee) }
  }
}

private func numbers<Number>(_ numbers: UnsafeMutablePointer<Number>?, _ count: Int) -> [Number] {
  guard let numbers = unsafe numbers else { return [] }
  return unsafe Array(UnsafeBufferPointer(start: numbers, count: count))
}

private func strings(_ strings: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [ByteString] {
  unsafe numbers(strings, count).map { unsafe byteString($0) }
}

private func byteString(_ data: ProtobufCBinaryData) -> ByteString {
  guard let start = unsafe data.data else { return ByteString([]) }
  return unsafe ByteString(Array(UnsafeBufferPointer(start: start, count: data.len)))
}

private func decoded(_ data: ProtobufCBinaryData) -> String { unsafe byteString(data).description }

private func entry(_ message: Connx__Entry) -> (key: String, value: String) {
  (unsafe decoded(message.key), unsafe decoded(message.value))
}
