internal import GobbetData

/// GGUF's values as pairs of text, which other formats hold, and back with their types.
///
/// One more pair, under ``typesKey``, is a JSON object that names the type of every value but
/// strings: `{"llama.block_count":"uint32","llama.scales":"[float32]"}`.
package enum GGUFTypedText {
  /// The metadata key under which the types are kept.
  static let typesKey = "gguf.types"

  /// The pairs of values, and that of their types where they need one.
  package static func pairs(_ values: [(key: String, value: GGUFValue)]) -> [(String, String)] {
    var pairs: [(String, String)] = []
    var types: [UInt8] = []
    for (key, value) in values {
      pairs.append((key, value.text))
      guard let type = value.typeName, type != "string" else { continue }
      types.append(types.isEmpty ? "{" : ",")
      types.append(quoted: key.utf8)
      types.append(":")
      types.append(quoted: type.utf8)
    }
    if !types.isEmpty {
      pairs.append((typesKey, String(decoding: types, as: UTF8.self) + "}"))
    }
    return pairs
  }

  /// The values of pairs: strings where no type is said.
  ///
  /// - Throws: `InterchangeError` (`notRepresentable`) for a text that is not of its type.
  package static func values(
    _ pairs: [(String, String)], path: String
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let types = try types(in: pairs, path: path)
    var values: [(key: String, value: GGUFValue)] = []
    for (key, text) in pairs where !key.utf8.elementsEqual(typesKey.utf8) {
      guard let type = types[Array(key.utf8)] else {
        values.append((key, .string(text)))
        continue
      }
      guard let value = GGUFValue(text, typeName: type[...]) else {
        throw InterchangeError(
          .notRepresentable("the text is not of the type \(type) that \(typesKey) says"),
          path: path, field: key)
      }
      values.append((key, value))
    }
    return values
  }

  private static func types(
    in pairs: [(String, String)], path: String
  ) throws(InterchangeError) -> [[UInt8]: String] {
    guard let text = pairs.first(where: { $0.0.utf8.elementsEqual(typesKey.utf8) })?.1 else {
      return [:]
    }
    var types: [[UInt8]: String] = [:]
    let root = try JSONDocument(Array(text.utf8), path: path).root
    guard root.isObject else {
      throw InterchangeError(.damaged("not an object"), path: path, field: typesKey)
    }
    try root.forEach { (key, value) throws(InterchangeError) in
      guard let type = value.string else {
        throw InterchangeError(.damaged("not the name of a type"), path: path, field: typesKey)
      }
      types[key] = type
    }
    return types
  }
}

extension GGUFValue {
  private static let typeNames = [
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array",
    "uint64", "int64", "float64",
  ]

  /// The name of the type, arrays with that of their elements: `[int32]`, or with those of all where
  /// they are arrays of several types: `[[int32],[string]]`; nil for a type that is not known.
  fileprivate var typeName: String? {
    guard case .array(let elementType, let elements) = self else {
      return Self.typeNames[Int(typeCode)]
    }
    guard elementType == 9 else {
      return elementType < 13 ? "[\(Self.typeNames[Int(elementType)])]" : nil
    }
    // Of no arrays nothing says what is in them.
    if elements.isEmpty { return "[array]" }
    let names = elements.compactMap(\.typeName)
    guard names.count == elements.count else { return nil }
    return "[\((Set(names).count == 1 ? [names[0]] : names).joined(separator: ","))]"
  }

  /// The value of a type whose ``text`` is `text`; nil if it is not of that type.
  fileprivate init?(_ text: String, typeName: Substring) {
    func made<Value>(_ value: Value?, _ wrap: (Value) -> GGUFValue) -> GGUFValue? {
      value.map(wrap)
    }
    let value: GGUFValue? =
      switch typeName {
      case "uint8": made(UInt8(text), GGUFValue.uint8)
      case "int8": made(Int8(text), GGUFValue.int8)
      case "uint16": made(UInt16(text), GGUFValue.uint16)
      case "int16": made(Int16(text), GGUFValue.int16)
      case "uint32": made(UInt32(text), GGUFValue.uint32)
      case "int32": made(Int32(text), GGUFValue.int32)
      case "float32": made(Float(text), GGUFValue.float32)
      case "bool": made(Bool(text), GGUFValue.bool)
      case "string": .string(text)
      case "uint64": made(UInt64(text), GGUFValue.uint64)
      case "int64": made(Int64(text), GGUFValue.int64)
      case "float64": made(Double(text), GGUFValue.float64)
      default: Self.array(text, typeName)
      }
    guard let value else { return nil }
    self = value
  }

  private static func array(_ text: String, _ typeName: Substring) -> GGUFValue? {
    guard typeName.hasPrefix("["), typeName.hasSuffix("]"), typeName.utf8.count > 2,
      text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2
    else { return nil }
    let elementName = typeName.dropFirst().dropLast()
    if elementName == "string" { return strings(text) }
    let names = elementTexts(String(typeName))
    if names.count > 1 {
      let parts = elementTexts(text)
      let elements = zip(parts, names).compactMap { GGUFValue($0, typeName: $1[...]) }
      guard parts.count == names.count, elements.count == parts.count else { return nil }
      return .array(elementType: 9, elements)
    }
    let code = elementName.hasPrefix("[") ? 9 : typeNames.firstIndex(of: String(elementName))
    guard let code else { return nil }
    var elements: [GGUFValue] = []
    for part in elementTexts(text) {
      guard let element = GGUFValue(part, typeName: elementName) else { return nil }
      elements.append(element)
    }
    return .array(elementType: UInt32(code), elements)
  }

  /// An array of strings, parsed at once: vocabularies have many.
  private static func strings(_ text: String) -> GGUFValue? {
    guard let root = try? JSONDocument(Array(text.utf8), path: nil).root, root.isArray else {
      return nil
    }
    var strings: [GGUFValue] = []
    var isWhole = true
    root.forEach { _, element in
      if let string = element.string { strings.append(.string(string)) } else { isWhole = false }
    }
    return isWhole ? .array(elementType: 8, strings) : nil
  }

  /// The texts between the commas of an array, but not of those in it.
  private static func elementTexts(_ text: String) -> [String] {
    let inner = text.utf8.dropFirst().dropLast()
    guard !inner.isEmpty else { return [] }
    var texts: [[UInt8]] = [[]]
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for byte in inner {
      if isQuoted {
        isQuoted = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
      } else {
        switch byte {
        case UInt8(ascii: "\""): isQuoted = true
        case UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          texts.append([])
          continue
        default: break
        }
      }
      texts[texts.count - 1].append(byte)
    }
    return texts.map { String(decoding: $0, as: UTF8.self) }
  }
}
