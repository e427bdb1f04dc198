package import GobbetData

/// Weights whose tensors that come with scales are read as what both stand for.
///
/// Two ways are known. `w` with `w_scale_inv` is 8-bit floats, and a factor for each part of 128 rows
/// and columns, or as many as the configuration says: products are rounded to `float32` once, as
/// transformers computes them; with `w_scale`, a factor for each row or for all. `w_blocks` with `w_scales`, as in gpt-oss, is MXFP4: pairs of 4-bit
/// floats, and a power of two for each 32 of them; `w` is their values in `bfloat16`, which holds them
/// exactly, with the last two axes exchanged as in the models that are not quantised.
package struct DequantizedWeights: TensorDecorator {
  /// The tensors in the order of the base; scales are none any more.
  package let tensors: [TensorDescription]
  /// What the base has.
  package var metadata: [(String, String)] { base.metadata }
  private let base: any TensorSource
  private let origins: TensorMap<Origin>
  private let slabs = SlabCache()

  /// What a tensor is made of.
  private enum Origin: Sendable {
    case kept
    case scaled(ScaledFloats)
    case experts(PackedExperts)
  }

  /// The tensors of `base`; nil if none comes with scales.
  ///
  /// - Throws: `InterchangeError` for scales that do not fit.
  package init?(_ base: some TensorSource, blockShape: [Int] = [128, 128], path: String) throws {
    var names: [[UInt8]: TensorDescription] = [:]
    for tensor in base.tensors { names[Array(tensor.name.utf8)] = tensor }
    func named(_ name: String) -> TensorDescription? { names[Array(name.utf8)] }
    func isScale(_ tensor: TensorDescription) -> Bool {
      if tensor.name.hasSuffix(ScaledFloats.ending) {
        return named(String(tensor.name.dropLast(ScaledFloats.ending.count))) != nil
      }
      guard tensor.name.hasSuffix(ScaledFloats.rowEnding) else { return false }
      return named(String(tensor.name.dropLast(ScaledFloats.rowEnding.count)))
        .map(Self.isScaled) ?? false
    }
    var entries: [(TensorDescription, Origin)] = []
    for tensor in base.tensors {
      let name = tensor.name
      do {
        if isScale(tensor) { continue }
        let scale =
          named(name + ScaledFloats.ending)
          ?? (Self.isScaled(tensor) ? named(name + ScaledFloats.rowEnding) : nil)
        if let scale {
          let scaled = try ScaledFloats(tensor, scale, blockShape, path: path)
          entries.append((scaled.result, .scaled(scaled)))
          continue
        }
        if name.hasSuffix("_scales"), named(String(name.dropLast(7)) + "_blocks") != nil {
          continue
        }
        if name.hasSuffix("_blocks"), let scales = named(String(name.dropLast(7)) + "_scales") {
          let experts = try PackedExperts(tensor, scales, path: path)
          entries.append((experts.result, .experts(experts)))
          continue
        }
      } catch let error as TensorError {
        throw InterchangeError(.tensor("\(error)"), path: path, field: name)
      }
      entries.append((tensor, .kept))
    }
    origins = TensorMap(entries)
    guard origins.count < base.tensors.count else { return nil }
    guard origins.count == entries.count else {
      throw InterchangeError(.damaged("a tensor that is there dequantised, too"), path: path)
    }
    self.base = base
    tensors = entries.map(\.0)
  }

  /// Whether a tensor by the name of which there is a `_scale` is what it scales: 8-bit floats.
  private static func isScaled(_ tensor: TensorDescription) -> Bool {
    [.float8E4M3, .float8E5M2].contains(tensor.elementType)
  }

  /// The tensor in the base, or what it is made of there.
  ///
  /// - Throws: `TensorError` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    switch try origins.value(of: tensor) {
    case .kept: TensorOrigin(tensor, in: base)
    case .scaled(let scaled):
      made(of: [scaled.weight, scaled.scale]) { try scaled.forEachPiece(in: $0, of: base, $1) }
    case .experts(let experts):
      made(of: [experts.blocks, experts.scales]) {
        try experts.forEachSlab(in: $0, of: base, slabs, $1)
      }
    }
  }

  /// Calls a function with pieces that hold a range of a tensor's bytes, in order, and the byte of the
  /// tensor at which each begins.
  private typealias Pieces = (_ range: Range<Int>, _ body: ([UInt8], Int) -> Void) throws -> Void

  /// A tensor that comes in pieces.
  private func made(
    of tensors: [TensorDescription], _ forEachPiece: @escaping Pieces
  ) -> TensorOrigin {
    unsafe TensorOrigin(madeOf: tensors.map { ($0, base) }, readsParts: true) {
      range, destination in
      var written = 0
      try forEachPiece(range) { piece, start in
        let wanted = (start..<(start + piece.count)).clamped(to: range)
        let from = (wanted.lowerBound - start)..<(wanted.upperBound - start)
        // SAFETY: pieces follow each other through the range, which has the bytes of the memory.
        unsafe UnsafeMutableRawBufferPointer(
          rebasing: destination[written..<(written + wanted.count)]
        ).copyBytes(from: piece[from])
        written += wanted.count
      }
    }
  }
}
