import Foundation
import GobbetFile

// The library as a reader for `Tests/reader/conformance.py`: requests on standard input, one JSON
// object a line on standard output. `Tests/reader/README.md` says what they are.

/// Why a file was refused.
struct Refusal: Encodable {
  let error: String
  let field: String?
  let offset: Int?
}

/// Standard input, of which lines and counted bytes are taken.
struct Requests {
  private var buffer: [UInt8] = []
  private var start = 0

  private mutating func fill() -> Bool {
    buffer.removeFirst(start)
    start = 0
    let data = FileHandle.standardInput.availableData
    buffer += data
    return !data.isEmpty
  }

  /// The next line, without its end; nil at the end of the input.
  mutating func line() -> String? {
    while true {
      if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return String(decoding: buffer[start..<end], as: UTF8.self)
      }
      if !fill() { return nil }
    }
  }

  /// The next `count` bytes; nil if the input ends before.
  mutating func bytes(_ count: Int) -> [UInt8]? {
    while buffer.count - start < count { if !fill() { return nil } }
    defer { start += count }
    return Array(buffer[start..<(start + count)])
  }
}

let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]

func answer(_ verb: Substring, _ bytes: [UInt8]) throws -> Data {
  do {
    let path = String(decoding: bytes, as: UTF8.self)
    return switch verb {
    case "dataset": try encoder.encode(DatasetAnswer(path))
    case "weights": try encoder.encode(WeightsAnswer(path))
    default: try encoder.encode(Answer(bytes, hasContent: verb == "content"))
    }
  } catch let error as FormatError {
    return try encoder.encode(
      Refusal(error: "\(error.code)", field: error.field, offset: error.offset))
  } catch {
    return try encoder.encode(Refusal(error: "\(error)", field: nil, offset: nil))
  }
}

var requests = Requests()
while let line = requests.line() {
  let words = line.split(separator: " ")
  guard words.count == 2, ["container", "content", "dataset", "weights"].contains(words[0]),
    let count = Int(words[1]),
    let bytes = requests.bytes(count)
  else {
    FileHandle.standardError.write(Data("not a request: \(line)\n".utf8))
    exit(2)
  }
  FileHandle.standardOutput.write(try answer(words[0], bytes) + Data("\n".utf8))
}
