/// Something tensors can be read from: a packed file, a foreign file, memory.
public protocol TensorSource: Sendable {
  /// Every tensor, in the source's order; names are unique.
  var tensors: [TensorDescription] { get }
  /// Keys and values that came with the tensors, in the source's order.
  var metadata: [(String, String)] { get }
  /// Copies one tensor's data, row-major and little-endian, into `destination`.
  ///
  /// - Precondition: `destination` has exactly the tensor's `byteCount` bytes.
  /// - Throws: an error of the source if the data cannot be read.
  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws
}

extension TensorSource {
  /// The tensor of that name, or nil.
  ///
  /// - Complexity: O(number of tensors).
  public func tensor(named name: String) -> TensorDescription? {
    tensors.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of the first metadata pair with that key, or nil.
  public func metadata(forKey key: String) -> String? {
    metadata.first { $0.0.utf8.elementsEqual(key.utf8) }?.1
  }

  /// A tensor's data, row-major and little-endian.
  public func bytes(of tensor: TensorDescription) throws -> [UInt8] {
    // SAFETY: `read` fills the whole buffer or throws, and a throw discards it.
    try unsafe [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      try unsafe read(tensor, into: .init(rebasing: raw[..<tensor.byteCount]))
      count = tensor.byteCount
    }
  }

  /// The elements of a tensor of a floating-point type, row-major.
  ///
  /// 16-bit types and `float32` convert exactly; `float64` is rounded to nearest, ties to even.
  /// - Throws: ``TensorError`` (`notConvertible`) for other types, else an error of the source.
  public func floats(of tensor: TensorDescription) throws -> [Float] {
    if tensor.elementType == .float32, FloatConversion.isNative {
      // SAFETY: `read` fills the whole buffer or throws; every bit pattern is a `Float`.
      return try unsafe [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        try unsafe read(tensor, into: .init(rebasing: raw[..<tensor.byteCount]))
        count = tensor.elementCount
      }
    }
    guard let conversion = FloatConversion(tensor.elementType) else {
      throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
    }
    let bytes = try bytes(of: tensor)
    return conversion.floats(bytes.span)
  }

  /// The elements of the tensor of that name, as ``floats(of:)`` gives them.
  ///
  /// - Throws: ``TensorError`` (`missing`) if there is none, else as ``floats(of:)``.
  public func floats(named name: String) throws -> [Float] {
    guard let tensor = tensor(named: name) else { throw TensorError(.missing, tensor: name) }
    return try floats(of: tensor)
  }
}
