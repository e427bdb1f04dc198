internal import GobbetData

/// Which parameters a checkpoint of llm.c holds, and in which order.
struct LLMCLayout {
  static let magic: UInt32 = 20_240_326
  static let headerByteCount = 1024

  let positions: Int
  let vocabulary: Int
  let layers: Int
  let width: Int
  let paddedVocabulary: Int

  static func elementType(version: UInt32) -> ElementType? {
    version == 3 ? .float32 : version == 5 ? .bfloat16 : nil
  }

  /// The parameters inside of blocks: each kind for all layers, then the next.
  var blockParameters: [(name: String, shape: [Int])] {
    [
      ("ln_1.weight", [width]), ("ln_1.bias", [width]),
      ("attn.c_attn.weight", [3 * width, width]), ("attn.c_attn.bias", [3 * width]),
      ("attn.c_proj.weight", [width, width]), ("attn.c_proj.bias", [width]),
      ("ln_2.weight", [width]), ("ln_2.bias", [width]),
      ("mlp.c_fc.weight", [4 * width, width]), ("mlp.c_fc.bias", [4 * width]),
      ("mlp.c_proj.weight", [width, 4 * width]), ("mlp.c_proj.bias", [width]),
    ]
  }

  /// Bytes of the whole file; nil if they do not fit in 63 bits.
  func byteCount(_ type: ElementType) -> Int? {
    func product(_ factors: Int...) -> Int? {
      factors.reduce(1) { product, factor in
        product.flatMap {
          let (result, overflow) = $0.multipliedReportingOverflow(by: factor)
          return overflow ? nil : result
        }
      }
    }
    let perLayer = product(12, width, width).flatMap { matrices in
      product(layers, matrices + 13 * width)
    }
    guard let blocks = perLayer, let embedding = product(paddedVocabulary + positions + 2, width),
      case let (elements, overflow) = blocks.addingReportingOverflow(embedding), !overflow,
      let bytes = product(elements, type.bitWidth / 8),
      case let (total, isTooLarge) = bytes.addingReportingOverflow(Self.headerByteCount),
      !isTooLarge
    else { return nil }
    return total
  }

  /// Every tensor and the offset of its data.
  ///
  /// - Precondition: ``byteCount(_:)`` is not nil.
  /// - Throws: `InterchangeError` if a tensor is too large.
  func entries(
    _ type: ElementType, _ path: String
  ) throws(InterchangeError) -> [(tensor: TensorDescription, offset: Int)] {
    var entries: [(tensor: TensorDescription, offset: Int)] = []
    var end = Self.headerByteCount
    func append(_ name: String, _ shape: [Int]) throws(InterchangeError) {
      do throws(TensorError) {
        let tensor = try TensorDescription(name: name, elementType: type, shape: shape)
        entries.append((tensor, end))
        end += tensor.byteCount
      } catch {
        throw InterchangeError(.tensor("\(error)"), path: path, field: name)
      }
    }
    try append("wte.weight", [vocabulary, width])
    end += (paddedVocabulary - vocabulary) * width * type.bitWidth / 8
    try append("wpe.weight", [positions, width])
    for (name, shape) in blockParameters {
      for layer in 0..<layers { try append("h.\(layer).\(name)", shape) }
    }
    try append("ln_f.weight", [width])
    try append("ln_f.bias", [width])
    return entries
  }
}
