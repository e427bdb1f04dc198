/// What the `quantization_config` of a model's `config.json` says.
package struct QuantizationConfig: Hashable, Sendable {
  /// The `quant_method`, as `fp8` or `gptq`.
  package let method: String
  /// Rows and columns that share a scale, of methods whose scales are of parts of a matrix.
  package let blockShape: [Int]

  static let key = "quantization_config"

  /// The methods whose weights are read.
  static let readMethods: Set<String> = ["fp8", "mxfp4"]

  /// Whether weights are read that this method quantised.
  package var isRead: Bool { Self.readMethods.contains(method) }

  /// Reads an open `config.json`; nil where it does not speak of quantization.
  ///
  /// - Throws: `FileError`; `InterchangeError` for a file that isn't JSON.
  package init?(_ file: OpenedFile) throws {
    let root = try JSONDocument(file.bytes(limit: 1 << 24), path: file.path).root
    guard root.isObject, let config = try root.member(Self.key), config.isObject else { return nil }
    try self.init(config)
  }

  /// Reads the member `quantization_config`.
  init(_ config: JSONValue) throws(InterchangeError) {
    // bitsandbytes wrote no method at first.
    let method = try config.member("quant_method")?.string
    let isBitsAndBytes = try config.member("load_in_8bit") != nil
    self.method = method ?? (isBitsAndBytes ? "bitsandbytes" : "an unnamed method")
    var shape: [Int] = []
    if let sizes = try config.member("weight_block_size"), sizes.isArray {
      sizes.forEach { if let size = $1.size { shape.append(size) } }
    }
    blockShape =
      shape.count == 2 && shape.allSatisfy { (1...65_536).contains($0) } ? shape : [128, 128]
  }

  /// The text of a `config.json` without what it says of quantization.
  ///
  /// - Throws: `InterchangeError` for a text that isn't JSON.
  package static func removed(from text: String) throws(InterchangeError) -> String {
    let root = try JSONDocument(Array(text.utf8), path: nil).root
    guard root.isObject, try root.member(key) != nil else { return text }
    var result: [UInt8] = Array("{".utf8)
    root.forEach { name, value in
      guard !name.elementsEqual(key.utf8) else { return }
      if result.count > 1 { result.append(",") }
      result.append(quoted: name)
      result.append(":")
      result.append(contentsOf: value.text)
    }
    result.append("}")
    return String(decoding: result, as: UTF8.self)
  }
}
