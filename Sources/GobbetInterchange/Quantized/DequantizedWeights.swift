package import GobbetData

/// Weights whose tensors that come with scales are read as what both stand for.
///
/// Two ways are known. `w` with `w_scale_inv` is 8-bit floats, and a factor for each part of 128 rows
/// and columns, or as many as the configuration says: products are rounded to `float32` once, as
/// transformers computes them. `w_blocks` with `w_scales`, as in gpt-oss, is MXFP4: pairs of 4-bit
/// floats, and a power of two for each 32 of them; `w` is their values in `bfloat16`, which holds them
/// exactly, with the last two axes exchanged as in the models that are not quantised.
package struct DequantizedWeights: TensorSource {
  /// The tensors in the order of the base; scales are none any more.
  package let tensors: [TensorDescription]
  /// What the base has.
  package var metadata: [(String, String)] { base.metadata }
  private let base: any TensorSource
  private let origins: [[UInt8]: Origin]
  private let slabs = SlabCache()

  /// What a tensor is made of.
  private enum Origin: Sendable {
    case kept
    case scaled(ScaledFloats)
    case experts(PackedExperts)
  }

  /// The tensors of `base`; nil if none comes with scales.
  ///
  /// - Throws: ``InterchangeError`` for scales that do not fit.
  package init?(_ base: some TensorSource, blockShape: [Int] = [128, 128], path: String) throws {
    var names: [[UInt8]: TensorDescription] = [:]
    for tensor in base.tensors { names[Array(tensor.name.utf8)] = tensor }
    func named(_ name: String) -> TensorDescription? { names[Array(name.utf8)] }
    var (tensors, origins): ([TensorDescription], [[UInt8]: Origin]) = ([], [:])
    func take(_ tensor: TensorDescription, _ origin: Origin) {
      tensors.append(tensor)
      origins[Array(tensor.name.utf8)] = origin
    }
    for tensor in base.tensors {
      let name = tensor.name
      do {
        if name.hasSuffix(ScaledFloats.ending),
          named(String(name.dropLast(ScaledFloats.ending.count))) != nil
        {
          continue
        }
        if let scale = named(name + ScaledFloats.ending) {
          let scaled = try ScaledFloats(tensor, scale, blockShape, path: path)
          take(scaled.result, .scaled(scaled))
          continue
        }
        if name.hasSuffix("_scales"), named(String(name.dropLast(7)) + "_blocks") != nil {
          continue
        }
        if name.hasSuffix("_blocks"), let scales = named(String(name.dropLast(7)) + "_scales") {
          let experts = try PackedExperts(tensor, scales, path: path)
          take(experts.result, .experts(experts))
          continue
        }
      } catch let error as TensorError {
        throw InterchangeError(.tensor(error), path: path, field: name)
      }
      take(tensor, .kept)
    }
    guard origins.count < base.tensors.count else { return nil }
    guard origins.count == tensors.count else {
      throw InterchangeError(.damaged("a tensor that is there dequantised, too"), path: path)
    }
    self.base = base
    self.tensors = tensors
    self.origins = origins
  }

  private func origin(of tensor: TensorDescription) throws(TensorError) -> Origin {
    guard let origin = origins[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    return origin
  }

  /// Copies one tensor's data.
  ///
  /// - Throws: `TensorError` if there is none, else an error of the base.
  package func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "DequantizedWeights: not the bytes of the tensor")
    var written = 0
    /// Copies what of a piece, which begins at a byte of the tensor, lies in the range.
    func copy(_ piece: [UInt8], at start: Int) {
      let wanted = (start..<(start + piece.count)).clamped(to: range)
      let from = (wanted.lowerBound - start)..<(wanted.upperBound - start)
      // SAFETY: pieces follow each other through the range, which has the bytes of the destination.
      unsafe UnsafeMutableRawBufferPointer(
        rebasing: destination[written..<(written + wanted.count)]
      ).copyBytes(from: piece[from])
      written += wanted.count
    }
    // SAFETY: the caller promises a valid buffer of the range's size.
    switch try origin(of: tensor) {
    case .kept: try unsafe base.read(tensor, bytes: range, into: destination)
    case .scaled(let scaled): try scaled.forEachPiece(in: range, of: base, copy)
    case .experts(let experts): try experts.forEachSlab(in: range, of: base, slabs, copy)
    }
  }

  /// Whether the base reads parts of what the tensor is made of.
  package func readsParts(of tensor: TensorDescription) -> Bool {
    switch try? origin(of: tensor) {
    case .kept: base.readsParts(of: tensor)
    case .scaled(let scaled): base.readsParts(of: scaled.weight)
    case .experts(let experts): base.readsParts(of: experts.blocks)
    case nil: false
    }
  }

  /// Calls `body` with one tensor's data where the base has it, if it comes without scales.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  package func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard case .kept = try origin(of: tensor) else { return nil }
    return try unsafe base.withBytesInPlace(of: tensor, body)
  }

  /// Checks that the base allows memory for what the tensor is made of.
  ///
  /// - Throws: an error of the base if it does not.
  package func requireMemory(for tensor: TensorDescription) throws {
    switch try origin(of: tensor) {
    case .kept: try base.requireMemory(for: tensor)
    case .scaled(let scaled): try base.requireMemory(for: scaled.weight)
    case .experts(let experts): try base.requireMemory(for: experts.blocks)
    }
  }
}
