public import GobbetData

/// Weights with a low-rank adapter merged into them: W + (alpha / r) (A B)ᵀ.
///
/// With DoRA each row of the sum gets the length that was trained; whole layers and rows of embeddings
/// that were trained take the places of those of the weights.
/// Sums are 32-bit floats, whatever the weights are; each is rounded once, to nearest, ties to even.
/// - Source: Hu and others 2021, and PEFT's `lora/layer.py`; `Tests/GobbetInterchangeTests/LoRATests.swift`.
public struct MergedWeights: TensorDecorator {
  /// The tensors of the weights, without the adapter's where both are in one file.
  public let tensors: [TensorDescription]
  /// What the weights came with.
  public let metadata: [(String, String)]
  /// Layers that the adapter changes.
  public var updateCount: Int {
    adapter.updates.count + adapter.parameterUpdates.count + adapter.replacements.count
      + adapter.rows.count
  }
  private let base: any TensorSource
  private let adapter: LoRAAdapter
  private let entries: TensorMap<Entry>

  /// One tensor: what it is in the weights, and what is added.
  private struct Entry: Sendable {
    let tensor: TensorDescription
    var additions: [Addition] = []
    /// What takes its place.
    var replacement: TensorDescription?
    /// Rows that take the places of some of its own.
    var rows: [LoRAAdapter.Rows] = []
    /// Biases that are added to its own, and what they are multiplied by.
    var biases: [(tensor: TensorDescription, scale: Float)] = []

    /// Whether the adapter leaves it as it is.
    var isKept: Bool {
      additions.isEmpty && replacement == nil && rows.isEmpty && biases.isEmpty
    }
  }

  /// An update at its place.
  private struct Addition: Sendable {
    let update: LoRAAdapter.Update
    let firstColumn: Int
    let isOutputMajor: Bool
  }

  /// Puts the two together.
  ///
  /// The layers of a GPT-2 are found under all of its names. How a square weight lies is told by whose
  /// names the weights have, and for other models by the adapter's configuration.
  /// - Throws: `InterchangeError` for an update whose layer is not there or has another shape, or if
  ///   nothing tells how a weight lies; `path` is that of the weights.
  public init(_ base: some TensorSource, _ adapter: LoRAAdapter, path: String) throws {
    self.base = base
    self.adapter = adapter
    metadata = base.metadata
    var entries: [[UInt8]: Entry] = [:]
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
      tensors.append(result)
    }
    let places = LoRAPlaces(tensors)
    for update in adapter.updates {
      let place = try places.place(of: update, isInputMajor: adapter.isInputMajor, path)
      entries[Array(place.tensor.utf8)]?.additions.append(
        Addition(
          update: update, firstColumn: place.firstColumn, isOutputMajor: place.isOutputMajor))
      if let bias = update.bias {
        let target = try Self.target(
          "\(update.module).bias", tensors, shape: bias.shape, bias.name, path)
        entries[target]?.biases.append((bias, update.scale))
      }
    }
    for update in adapter.parameterUpdates {
      let placed = try update.placed(in: places.byModule, adapter.configuration, path: path)
      for (tensor, update, firstElement, isOutputMajor) in placed {
        entries[Array(tensor.name.utf8)]?.additions.append(
          Addition(update: update, firstColumn: firstElement, isOutputMajor: isOutputMajor))
      }
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
    self.entries = TensorMap(
      tensors.compactMap { tensor in entries[Array(tensor.name.utf8)].map { (tensor, $0) } })
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

  /// The tensor of the weights, or what takes its place, with what the adapter adds.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    let entry = try entries.value(of: tensor)
    if entry.isKept { return TensorOrigin(entry.tensor, in: base) }
    var parts = [entry.replacement.map { ($0, adapter.source) } ?? (entry.tensor, base)]
    parts += entry.rows.map { ($0.rows, adapter.source) }
    for addition in entry.additions {
      parts += [addition.update.down, addition.update.up].map { ($0, adapter.source) }
    }
    parts += entry.biases.map { ($0.tensor, adapter.source) }
    return unsafe TensorOrigin(madeOf: parts) { range, destination in
      let whole = try bytes(of: tensor, entry)
      // SAFETY: a reader is given memory for its range, which lies in the tensor.
      unsafe destination.copyBytes(from: whole[range])
    }
  }

  /// One tensor, with what the adapter adds to it.
  private func bytes(of tensor: TensorDescription, _ entry: Entry) throws -> [UInt8] {
    if let replacement = entry.replacement, entry.additions.isEmpty, entry.rows.isEmpty,
      entry.biases.isEmpty
    {
      let count = tensor.byteCount
      // SAFETY: `read` fills the whole buffer or throws, and a throw discards it.
      return try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        try unsafe adapter.source.read(
          replacement, as: tensor.elementType, into: .init(rebasing: raw[..<count]))
        filled = count
      }
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
    for (bias, scale) in entry.biases {
      for (index, value) in try adapter.source.floats(of: bias).enumerated() {
        weight[index] += scale * value
      }
    }
    var matrices = LoadedMatrices()
    for addition in entry.additions {
      try adapter.add(
        addition.update, to: &weight, width: tensor.shape.last ?? 1,
        firstColumn: addition.firstColumn, isOutputMajor: addition.isOutputMajor, &matrices)
    }
    do throws(ElementOverflow) {
      return try conversion.bytes(weight.span)
    } catch {
      throw error.inTensor(named: tensor.name)
    }
  }
}
