/// Tells from the first bytes of an input how JSON lies in it.
struct JSONProbe {
  private let sample: [UInt8]
  private let isWhole: Bool
  private let key: String
  /// The first byte that isn't white space.
  private let first: UInt8?

  init(_ sample: [UInt8], isWhole: Bool, key: String) {
    self.sample = sample
    self.isWhole = isWhole
    self.key = key
    first = sample.first { !JSONValueCutter.isSpace($0) }
  }

  /// The layout of an input that is said to be JSON; nil if it begins with neither an array nor an
  /// object.
  ///
  /// `mayBeValues` is false where lines are asked for, so that a line that is cut stays a bad line.
  func layout(mayBeValues: Bool) -> InputLayout? {
    switch first {
    case UInt8(ascii: "["): return .jsonArray
    case UInt8(ascii: "{"):
      guard mayBeValues else { return .jsonLines }
      guard let value = firstValue(isArray: false) else {
        return sample.drop(while: JSONValueCutter.isSpace).contains(0x0A) ? .jsonValues : .jsonLines
      }
      return sample[value].contains(0x0A) || isFollowed(value) ? .jsonValues : .jsonLines
    default: return nil
    }
  }

  /// The layout of an input that is JSON and may be data of another kind: lines, or an array of objects,
  /// or objects over several lines of which the first has a text under the key.
  var likelyLayout: InputLayout? {
    switch layout(mayBeValues: true) {
    case .jsonLines: return .jsonLines
    case .jsonArray:
      // What isn't an array at all is refused where it is read.
      guard let element = firstValue(isArray: true) else { return .jsonArray }
      return sample[element.lowerBound] == UInt8(ascii: "{") ? .jsonArray : nil
    default: return provenLayout
    }
  }

  /// The layout of an input that nothing is said of: JSON only if the first object has a text under
  /// the key.
  var provenLayout: InputLayout? {
    guard first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
      let layout = layout(mayBeValues: true)
    else { return nil }
    guard let value = firstValue(isArray: layout == .jsonArray) else {
      return mentionsKey ? layout : nil
    }
    guard let key = try? TextKey(key) else { return nil }
    let text = sample.span.extracting(value)
    guard let object = try? LenientJSON(text), (try? object.text(key)) != nil else { return nil }
    return layout
  }

  /// Where the first value, or the first element, is; nil if it is not whole.
  private func firstValue(isArray: Bool) -> Range<Int>? {
    var cutter = JSONValueCutter(isArray: isArray)
    return try? cutter.next(in: sample.span, from: 0, isAtEnd: isWhole)
  }

  /// Whether another value begins on the line on which `value` ends.
  private func isFollowed(_ value: Range<Int>) -> Bool {
    let rest = sample[value.upperBound...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
    return rest != nil && rest != 0x0A
  }

  /// Whether the start of an object that is longer than the sample names the key.
  private var mentionsKey: Bool {
    guard !isWhole, let part = (try? TextKey(key))?.parts.first else { return false }
    let quoted = [UInt8(ascii: "\"")] + part + [UInt8(ascii: "\"")]
    return sample.indices.dropLast(quoted.count - 1).contains { start in
      sample[start] == quoted[0] && sample[start..<(start + quoted.count)].elementsEqual(quoted)
    }
  }
}
