internal import GobbetData
internal import Synchronization

/// The matrices of a layer's experts in MXFP4, as gpt-oss stores them.
struct PackedExperts: Sendable {
  /// What blocks and scales stand for: experts, columns, rows.
  let result: TensorDescription
  /// Experts, rows, groups of 32 columns, 16 bytes of two columns.
  let blocks: TensorDescription
  /// The powers of two.
  let scales: TensorDescription
  private var rows: Int { blocks.shape[1] }
  private var groups: Int { blocks.shape[2] }

  /// - Throws: `InterchangeError` if the two do not fit together; `TensorError` for a tensor that is
  ///   too large.
  init(_ blocks: TensorDescription, _ scales: TensorDescription, path: String) throws {
    guard blocks.elementType == .uint8, scales.elementType == .uint8, blocks.shape.count == 4,
      blocks.shape[3] == 16, scales.shape == Array(blocks.shape.dropLast())
    else {
      throw InterchangeError(
        .damaged(
          "\(scales.elementType.name) \(scales.shape) aren't scales of \(blocks.elementType.name) "
            + "\(blocks.shape)"), path: path, field: scales.name)
    }
    let (columns, overflow) = blocks.shape[2].multipliedReportingOverflow(by: 32)
    guard !overflow else {
      throw TensorError(.invalidShape(blocks.shape), tensor: blocks.name)
    }
    self.blocks = blocks
    self.scales = scales
    result = try TensorDescription(
      name: String(blocks.name.dropLast("_blocks".count)), elementType: .bfloat16,
      shape: [blocks.shape[0], columns, blocks.shape[1]])
  }

  /// Calls `body` with the matrices that hold a range of the result's bytes, and where each begins.
  ///
  /// Who reads in pieces wants the same matrix several times: the last one is kept.
  func forEachSlab(
    in range: Range<Int>, of base: any TensorSource, _ slabs: SlabCache,
    _ body: ([UInt8], Int) -> Void
  ) throws {
    guard !range.isEmpty else { return }
    let byteCount = result.byteCount / blocks.shape[0]
    for expert in (range.lowerBound / byteCount)...((range.upperBound - 1) / byteCount) {
      let slab: [UInt8]
      if let kept = slabs[result.name, expert] {
        slab = kept
      } else {
        slab = try decoded(expert, base)
        slabs[result.name, expert] = slab
      }
      body(slab, expert * byteCount)
    }
  }

  /// The values of 4-bit floats.
  private static let values: [Float] = [
    0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6,
  ]

  /// The matrix of one expert, a column after the other.
  private func decoded(_ expert: Int, _ base: any TensorSource) throws -> [UInt8] {
    let count = rows * groups
    let packed = try base.bytes(of: blocks, in: (expert * count * 16)..<((expert + 1) * count * 16))
    let exponents = try base.bytes(of: scales, in: (expert * count)..<((expert + 1) * count))
    var slab = [UInt8](repeating: 0, count: 2 * 32 * count)
    for row in 0..<rows {
      for group in 0..<groups {
        let block = row * groups + group
        let exponent = Int(exponents[block]) - 127
        for index in 0..<32 {
          let byte = packed[block * 16 + index / 2]
          let value = Self.values[Int(index % 2 == 0 ? byte & 0xF : byte >> 4)]
          // Exact, but for the smallest, which are subnormal: those are rounded once.
          let scaled = Float(sign: .plus, exponent: exponent, significand: 1) * value
          let bits = FloatConversion.bfloat16(scaled)
          let place = 2 * ((group * 32 + index) * rows + row)
          slab[place] = UInt8(truncatingIfNeeded: bits)
          slab[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
        }
      }
    }
    return slab
  }
}

/// The matrix that was decoded last.
final class SlabCache: Sendable {
  private struct Slab {
    let name: String
    let expert: Int
    let bytes: [UInt8]
  }

  private let last = Mutex<Slab?>(nil)

  /// The bytes of an expert's matrix; nil if it is not the last.
  subscript(name: String, expert: Int) -> [UInt8]? {
    get {
      last.withLock { slab in
        slab?.expert == expert && slab?.name.utf8.elementsEqual(name.utf8) == true
          ? slab?.bytes : nil
      }
    }
    set {
      last.withLock { slab in
        slab = newValue.map { Slab(name: name, expert: expert, bytes: $0) }
      }
    }
  }
}
