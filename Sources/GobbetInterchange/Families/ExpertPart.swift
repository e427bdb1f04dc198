internal import GobbetData

/// What a tensor of the model is in the source: rows of a tensor, or a part of all experts'.
enum TensorPart: Sendable {
  case rows(RowSelection)
  case expert(ExpertPart)

  /// What the part is as a tensor of its own.
  var description: TensorDescription {
    switch self {
    case .rows(let rows): rows.description
    case .expert(let expert): expert.description
    }
  }

  /// What it is a part of.
  var tensor: TensorDescription {
    switch self {
    case .rows(let rows): rows.tensor
    case .expert(let expert): expert.tensor
    }
  }
}

/// An expert's matrix, or bias, in a tensor of all experts': [experts, inputs, outputs], or
/// [experts, outputs] for biases.
///
/// It becomes [outputs, inputs], and takes every `step`-th output.
struct ExpertPart: Sendable {
  /// What the part is as a tensor of its own.
  let description: TensorDescription
  /// What it is a part of.
  let tensor: TensorDescription
  private let expert: Int
  private let first: Int
  private let step: Int

  /// Nil if the tensor has no such part.
  init?(name: String, of tensor: TensorDescription, expert: Int, first: Int, step: Int) {
    let shape = tensor.shape
    guard shape.count == 2 || shape.count == 3, expert < shape[0], tensor.elementType.bitWidth >= 8,
      let outputs = shape.last, outputs.isMultiple(of: step)
    else { return nil }
    let own = [outputs / step] + (shape.count == 3 ? [shape[1]] : [])
    guard
      let description = try? TensorDescription(
        name: name, elementType: tensor.elementType, shape: own)
    else { return nil }
    self.description = description
    self.tensor = tensor
    self.expert = expert
    self.first = first
    self.step = step
  }

  /// Where the part comes from, if `source` has the tensor.
  func origin(in source: any TensorSource) -> TensorOrigin {
    unsafe TensorOrigin(madeOf: [(tensor, source)]) { range, destination in
      // SAFETY: a reader is given memory for its range.
      try unsafe read(from: source, bytes: range, into: destination)
    }
  }

  /// Copies a range of the part's bytes; the expert's matrix is read as a whole.
  private func read(
    from source: any TensorSource, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let size = tensor.elementType.bitWidth / 8
    let count = tensor.byteCount / tensor.shape[0]
    // SAFETY: `read` fills the whole buffer or throws.
    let whole = try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let target = UnsafeMutableRawBufferPointer(buffer)
      try unsafe source.read(
        tensor, bytes: (expert * count)..<((expert + 1) * count),
        into: .init(rebasing: target[..<count]))
      filled = count
    }
    let inputs = description.shape.count == 2 ? description.shape[1] : 1
    let columns = description.shape[0] * step
    var written = 0
    for index in (range.lowerBound / size)..<((range.upperBound + size - 1) / size) {
      let (output, input) = (index / max(inputs, 1), index % max(inputs, 1))
      let from = (input * columns + first + output * step) * size
      for byte in 0..<size where range.contains(index * size + byte) {
        // SAFETY: the caller's buffer has as many bytes as the range.
        unsafe destination[written] = whole[from + byte]
        written += 1
      }
    }
  }
}

extension FamilyNames.Part {
  /// The part of the expert with that number.
  func numbered(_ expert: Int) -> Self {
    switch self {
    case .own(let own):
      let pieces = own.split(separator: "*", omittingEmptySubsequences: false)
      return .own(pieces.joined(separator: "\(expert)"))
    case .joined, .bare, .stacked, .slice: return self
    }
  }
}
