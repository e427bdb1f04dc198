import Foundation
import Gobbet

/// All bytes of a file, or of standard input for `-`.
func readAll(_ path: String) throws -> [UInt8] {
  if path == "-" { return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()) }
  var reader = try CorpusReader(
    inputs: [path], options: CorpusOptions(format: .text, textSeparator: nil))
  return try reader.next()?.text ?? []
}
