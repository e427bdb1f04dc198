public import GobbetData

/// Weights with a low-rank adapter merged into them: W + (alpha / r) (A B)ᵀ.
///
/// With DoRA each row of the sum gets the length that was trained; whole layers and rows of embeddings
/// that were trained take the places of those of the weights.
/// Sums are 32-bit floats, whatever the weights are; each is rounded once, to nearest, ties to even.
/// - Source: Hu and others 2021, and PEFT's `lora/layer.py`; `Tests/GobbetInterchangeTests/LoRATests.swift`.
public struct MergedWeights: TensorSource {
  /// The tensors of the weights, without the adapter's where both are in one file.
  public let tensors: [TensorDescription]
  /// What the weights came with.
  public let metadata: [(String, String)]
  /// Layers that the adapter changes.
  public var updateCount: Int {
    adapter.updates.count + adapter.replacements.count + adapter.rows.count
  }
  private let base: any TensorSource
  private let adapter: LoRAAdapter
  private let entries: [[UInt8]: Entry]

  /// One tensor: what it is in the weights, and what is added.
  private struct Entry: Sendable {
    let tensor: TensorDescription
    var additions: [Addition] = []
    /// What takes its place.
    var replacement: TensorDescription?
    /// Rows that take the places of some of its own.
    var rows: [LoRAAdapter.Rows] = []

    /// Whether the adapter leaves it as it is.
    var isKept: Bool { additions.isEmpty && replacement == nil && rows.isEmpty }
  }

  /// An update at its place.
  private struct Addition: Sendable {
    let update: Int
    let firstColumn: Int
    let isOutputMajor: Bool
  }

  /// Puts the two together.
  ///
  /// The layers of a GPT-2 are found under all of its names. How a square weight lies is told by whose
  /// names the weights have, and for other models by the adapter's configuration.
  /// - Throws: ``InterchangeError`` for an update whose layer is not there or has another shape, or if
  ///   nothing tells how a weight lies; `path` is that of the weights.
  public init(_ base: some TensorSource, _ adapter: LoRAAdapter, path: String) throws {
    self.base = base
    self.adapter = adapter
    metadata = base.metadata
    var entries: [[UInt8]: Entry] = [:]
    var names: [[UInt8]] = []
    var tensors: [TensorDescription] = []
    for tensor in base.tensors where !LoRAAdapter.isPart(tensor.name) {
      // The book keeps an adapted layer's own weight one level deeper.
      var name = tensor.name
      for ending in [".linear.weight", ".linear.bias"] where name.hasSuffix(ending) {
        name = String(name.dropLast(ending.count) + ending.dropFirst(".linear".count))
      }
      let result = try TensorDescription(
        name: name, elementType: tensor.elementType, shape: tensor.shape)
      guard entries.updateValue(Entry(tensor: tensor), forKey: Array(name.utf8)) == nil else {
        throw TensorError(.duplicateName, tensor: name)
      }
      names.append(Array(name.utf8))
      tensors.append(result)
    }
    let places = LoRAPlaces(tensors)
    for (index, update) in adapter.updates.enumerated() {
      let place = try places.place(of: update, isInputMajor: adapter.isInputMajor, path)
      entries[Array(place.tensor.utf8)]?.additions.append(
        Addition(
          update: index, firstColumn: place.firstColumn, isOutputMajor: place.isOutputMajor))
    }
    for (name, tensor) in adapter.replacements {
      let target = try Self.target(name, tensors, shape: tensor.shape, tensor.name, path)
      entries[target]?.replacement = tensor
    }
    for rows in adapter.rows {
      let target = try Self.target(
        "\(rows.module).weight", tensors, shape: nil, rows.rows.name, path)
      guard let shape = entries[target]?.tensor.shape, shape.count == 2,
        shape[1] == rows.rows.shape[1], rows.indices.allSatisfy({ $0 < shape[0] })
      else {
        throw InterchangeError(
          .damaged("rows \(rows.rows.shape) do not fit the weight"), path: path,
          field: rows.rows.name)
      }
      entries[target]?.rows.append(rows)
    }
    self.entries = entries
    self.tensors = tensors
  }

  /// The name of the tensor that something of the adapter takes the place of.
  private static func target(
    _ name: String, _ tensors: [TensorDescription], shape: [Int]?, _ field: String, _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    let found = tensors.first {
      LoRAAdapter.module($0.name).utf8.elementsEqual(name.utf8)
    }
    guard let found, shape == nil || shape == found.shape else {
      throw InterchangeError(
        .damaged(
          found.map { "the weight is \($0.shape), not \(shape ?? [])" }
            ?? "the weights have no \(name)"), path: path, field: field)
    }
    return Array(found.name.utf8)
  }

  private func entry(of tensor: TensorDescription) throws(TensorError) -> Entry {
    guard let entry = entries[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entry.tensor.shape == tensor.shape, entry.tensor.elementType == tensor.elementType else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return entry
  }

  /// Copies one tensor, with what the adapter adds to it.
  ///
  /// - Throws: `TensorError`, errors of the weights and of the adapter.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let entry = try entry(of: tensor)
    guard !entry.isKept else {
      // SAFETY: the caller promises a valid buffer of the tensor's size.
      return try unsafe base.read(entry.tensor, into: destination)
    }
    if let replacement = entry.replacement, entry.additions.isEmpty, entry.rows.isEmpty {
      // SAFETY: the caller promises a valid buffer of the tensor's size.
      return try unsafe adapter.source.read(
        replacement, as: tensor.elementType, into: destination)
    }
    guard let conversion = FloatConversion(tensor.elementType) else {
      throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
    }
    var weight =
      try entry.replacement.map { try adapter.source.floats(of: $0) }
      ?? base.floats(of: entry.tensor)
    for rows in entry.rows {
      let (floats, width) = (try adapter.source.floats(of: rows.rows), tensor.shape[1])
      for (place, index) in rows.indices.enumerated() {
        weight.replaceSubrange(
          (index * width)..<((index + 1) * width),
          with: floats[(place * width)..<((place + 1) * width)])
      }
    }
    for addition in entry.additions {
      try adapter.add(
        adapter.updates[addition.update], to: &weight, width: tensor.shape[1],
        firstColumn: addition.firstColumn, isOutputMajor: addition.isOutputMajor)
    }
    let bytes: [UInt8]
    do throws(ElementOverflow) {
      bytes = try conversion.bytes(weight.span)
    } catch {
      throw error.inTensor(named: tensor.name)
    }
    precondition(destination.count == bytes.count, "MergedWeights: a wrong buffer size")
    // SAFETY: the precondition says that they fit.
    unsafe destination.copyBytes(from: bytes)
  }

  /// Copies a part of one tensor.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let entry = try entry(of: tensor)
    guard entry.isKept else {
      let whole = try bytes(of: tensor)
      precondition(destination.count == range.count, "MergedWeights: a wrong buffer size")
      // SAFETY: the precondition says that they fit.
      return unsafe destination.copyBytes(from: whole[range])
    }
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe base.read(entry.tensor, bytes: range, into: destination)
  }

  /// Whether nothing is added to the tensor, and the weights read parts of it.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    guard let entry = try? entry(of: tensor), entry.isKept else { return false }
    return base.readsParts(of: entry.tensor)
  }
}
