import Foundation
import GobbetFile

/// Prints how fast files are checked, read and opened: medians of five runs, by CPU time.
@main struct FileSpeed {
  private static let byteCount = 256 << 20

  static func main() throws {
    let folder = CommandLine.arguments[1]
    let large = folder + "/large.gobbet"
    let many = folder + "/many.gobbet"
    try write(large, many)
    let reader = try ContainerReader(path: large)
    let section = reader.sections[0]
    let end = section.payloadOffset + byteCount
    let buffer = [UInt8](repeating: 7, count: 1 << 20)
    rate("CRC-32C of 1 MiB in cache", buffer.count << 8) {
      for _ in 0..<256 { _ = crc32c(buffer.span) }
    }
    rate("SHA-256", buffer.count << 6) { for _ in 0..<64 { _ = Digest(of: buffer.span) } }
    let plain = try FileSource(path: large)
    try rate("plain read of 256 MiB", byteCount) {
      _ = try plain.bytes(in: section.payloadOffset..<end)
    }
    try rate("checked read of a raw section", byteCount) { _ = try reader.bytes(of: section) }
    try rate("verify", byteCount) { try reader.verify() }
    let seconds = try median {
      for _ in 0..<100 { _ = try ContainerReader(path: many).sections.count }
    }
    print("open and list 1,000 sections: \((seconds * 10_000).rounded() / 1000) ms")
  }

  private static func write(_ large: String, _ many: String) throws {
    var writer = try ContainerWriter(path: large, profile: .weights, replacing: true)
    var state: UInt64 = 1
    let chunk = (0..<(1 << 20)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    try writer.begin(SectionKind("DATA"))
    for _ in 0..<(byteCount >> 20) { try writer.append(chunk) }
    try writer.end()
    _ = try writer.finish()
    writer = try ContainerWriter(path: many, profile: .weights, replacing: true)
    for index in 0..<1000 {
      try writer.add(SectionKind("DATA"), named: "transformer.h.\(index).weight", [1], level: nil)
    }
    _ = try writer.finish()
  }

  private static func rate(_ name: String, _ byteCount: Int, _ body: () throws -> Void) rethrows {
    let rate = Double(byteCount) / (try median(body)) / 1_000_000_000
    print("\(name): \((rate * 100).rounded() / 100) GB/s")
  }

  private static func median(_ body: () throws -> Void) rethrows -> Double {
    try body()
    let runs = try (0..<5).map { _ in
      let start = clock()
      try body()
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }
    return runs.sorted()[2]
  }
}
