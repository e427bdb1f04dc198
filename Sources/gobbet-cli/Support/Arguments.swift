public import ArgumentParser
public import Gobbet

// The library's own settings, by name on the command line.

/// The name of a pattern.
struct PatternName: ExpressibleByArgument {
  let pattern: SplitPattern

  init(_ pattern: SplitPattern) { self.pattern = pattern }

  init?(argument: String) {
    guard let pattern = SplitPattern(named: argument) else { return nil }
    self.pattern = pattern
  }

  /// Reads a name, or an expression in tiktoken's dialect.
  static func orExpression(_ argument: String) throws -> PatternName {
    if let known = PatternName(argument: argument) { return known }
    // What has none of these is a word, and so a name that is spelled otherwise.
    guard argument.utf8.contains(where: { #"\[](){}|*+?.^$ "#.utf8.contains($0) }) else {
      throw ValidationError("no pattern is called \(argument)")
    }
    return PatternName(try SplitPattern(expression: argument, dialect: .tiktoken))
  }

  var defaultValueDescription: String { pattern.name ?? "" }
}

/// A half-open range of indices: 50..<54.
struct IndexRange: Sendable {
  let bounds: Range<Int>

  init?(argument: String) {
    let parts = argument.split(separator: "..<", omittingEmptySubsequences: false)
    guard parts.count == 2, let lower = Int(parts[0]), let upper = Int(parts[1]), lower >= 0,
      lower <= upper
    else { return nil }
    bounds = lower..<upper
  }
}

/// Bytes between documents: text, in which \n, \r, \t, \0 and \\ stand for what they do in C.
struct Separator: ExpressibleByArgument {
  let bytes: [UInt8]

  init?(argument: String) {
    let escapes: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
      UInt8(ascii: "0"): 0, UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in argument.utf8 {
      if isEscaped {
        guard let escaped = escapes[byte] else { return nil }
        bytes.append(escaped)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    guard !isEscaped, !bytes.isEmpty else { return nil }
    self.bytes = bytes
  }
}

/// A number of things on the command line: 1000, 64k, 100M, 1G, the letters standing for powers of
/// 1,000.
struct Quantity: Sendable {
  let value: Int

  init?(argument: String) {
    let factors: [Character: Int] = ["k": 1_000, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000]
    let factor = argument.last.flatMap { factors[$0] }
    guard let number = Int(factor == nil ? argument[...] : argument.dropLast()), number > 0 else {
      return nil
    }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor ?? 1)
    guard !isTooLarge else { return nil }
    value = product
  }
}

/// What happens to lines that hold no text, on the command line.
enum BadLines: String, ExpressibleByArgument, CaseIterable {
  case fail
  case skip
}

extension DatasetSplit: ExpressibleByArgument {}

extension SplitPattern {
  /// All names, for help texts.
  static var listed: String { named.map(\.name).joined(separator: ", ") }
}
