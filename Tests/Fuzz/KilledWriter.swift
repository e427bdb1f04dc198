import Foundation
import GobbetFile

/// Writes and checks files for `kill_writers.sh`, which kills it while it writes.
///
///     writer new PATH SEED       puts a new file in the place of PATH
///     writer append PATH SEED    appends a generation
///     writer check PATH          exits with 0 if the file is whole as of its last generation
@main struct KilledWriter {
  static func main() {
    do {
      try run(CommandLine.arguments)
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    let path = arguments[2]
    switch arguments[1] {
    case "new":
      var writer = try ContainerWriter(path: path, profile: .bundle, replacing: true)
      try fill(&writer, UInt8(truncatingIfNeeded: Int(arguments[3]) ?? 0))
    case "append":
      var writer = try ContainerWriter(appendingTo: path)
      try fill(&writer, UInt8(truncatingIfNeeded: Int(arguments[3]) ?? 0))
    default:
      try check(path)
    }
  }

  /// Three sections of a megabyte, all of the same byte, and so of the same digest.
  private static func fill(_ writer: inout ContainerWriter, _ byte: UInt8) throws {
    for name in ["a", "b", "c"] {
      try writer.begin(SectionKind("DATA"), named: name)
      for _ in 0..<16 { try writer.append([UInt8](repeating: byte, count: 1 << 16)) }
      try writer.end()
    }
    _ = try writer.finish()
  }

  /// All sections are whole and of one writer: never a mixture of two.
  private static func check(_ path: String) throws {
    let reader = try ContainerReader(path: path)
    for section in reader.sections { try reader.verify(section) }
    guard reader.sections.count == 3, Set(reader.sections.map(\.digest)).count == 1 else {
      print("\(path): a mixture of two writers")
      exit(1)
    }
  }
}
