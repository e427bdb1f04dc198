import ArgumentParser
import Gobbet
import GobbetSystem

/// What the container costs: opening it, its checksums, reading through it.
struct FileBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "file", abstract: "Speed of the container: opening, checksums, raw sections.")

  private static let byteCount = 256 << 20
  /// Bytes that are read at a time where ways to read are compared.
  private static let partByteCount = 32 << 20

  private struct Report: Encodable {
    let open_1000_sections_ms: Double
    let crc32c_gb_per_cpu_s: Double
    let sha256_gb_per_cpu_s: Double
    let verify_one_section: Verification
    let verify_eight_sections: Verification
    let plain_read_gb_per_cpu_s: Double
    let checked_read_gb_per_cpu_s: Double
    let unchecked_read_gb_per_cpu_s: Double
    let checked_over_plain: Double
    let unchecked_over_plain: Double
  }

  private struct Verification: Encodable {
    let gb_per_s: Double
    let gb_per_cpu_s: Double
  }

  func run() async throws {
    let scratch = try Scratch()
    let large = try Self.write(scratch.file("large.gobbet"), sectionCount: 1)
    let parts = try Self.write(scratch.file("parts.gobbet"), sectionCount: 8)
    let many = try Self.writeMany(scratch.file("many.gobbet"))
    let buffer = [UInt8](repeating: 7, count: 1 << 20)
    func rate(_ byteCount: Int, _ seconds: Double) -> Double {
      (Double(byteCount) / seconds / 1_000_000_000).rounded(2)
    }
    let reader = try ContainerReader(path: large)
    guard let section = reader.sections.first else { return }
    let plain = try FileSource(path: large)
    let range = section.payloadOffset..<(section.payloadOffset + section.byteCount)
    func verification(_ path: String) async throws -> Verification {
      var wall: [Double] = []
      var cpu: [Double] = []
      for _ in 0..<5 {
        let start = ProcessUsage().cpuSeconds
        let clock = ContinuousClock.now
        _ = try await FileVerification(path: path)
        wall.append((ContinuousClock.now - clock) / Duration.seconds(1))
        cpu.append(ProcessUsage().cpuSeconds - start)
      }
      return Verification(
        gb_per_s: rate(Self.byteCount, median(wall)),
        gb_per_cpu_s: rate(Self.byteCount, median(cpu)))
    }
    let reading = try Self.reading(reader, section, plain, range)
    let opening = try medianCPUSecondsRepeating {
      _ = try ContainerReader(path: many).sections.count
    }
    try printJSON(
      Report(
        open_1000_sections_ms: (opening * 1000).rounded(3),
        crc32c_gb_per_cpu_s: rate(
          buffer.count, medianCPUSecondsRepeating { _ = crc32c(buffer.span) }),
        sha256_gb_per_cpu_s: rate(
          buffer.count, medianCPUSecondsRepeating { _ = ContentDigest(of: buffer.span) }),
        verify_one_section: try await verification(large),
        verify_eight_sections: try await verification(parts),
        plain_read_gb_per_cpu_s: rate(Self.partByteCount, reading[0]),
        checked_read_gb_per_cpu_s: rate(Self.partByteCount, reading[1]),
        unchecked_read_gb_per_cpu_s: rate(Self.partByteCount, reading[2]),
        checked_over_plain: (reading[1] / reading[0]).rounded(3),
        unchecked_over_plain: (reading[2] / reading[0]).rounded(3)))
  }

  /// Seconds to read a part of a section into a new array: plainly, checked, unchecked.
  ///
  /// In turn, each first as often as the others, so that what else the machine does meets all three:
  /// the medians differ by less than the percent that matters.
  private static func reading(
    _ reader: ContainerReader, _ section: ContainerSection, _ plain: FileSource, _ range: Range<Int>
  ) throws -> [Double] {
    var seconds: [[Double]] = [[], [], []]
    for round in 0..<63 {
      for turn in 0..<3 {
        let way = (round + turn) % 3
        seconds[way].append(
          try cpuSeconds {
            switch way {
            case 0: _ = try plain.bytes(in: range.prefix(partByteCount))
            case 1: _ = try reader.bytes(of: section, in: 0..<partByteCount)
            default: _ = try reader.uncheckedBytes(of: section, in: 0..<partByteCount)
            }
          })
      }
    }
    return seconds.map(median)
  }

  /// A file of large raw sections.
  private static func write(_ path: String, sectionCount: Int) throws -> String {
    var writer = try ContainerWriter(path: path, profile: .bundle)
    var state: UInt64 = 1
    let piece = (0..<(1 << 20)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    for section in 0..<sectionCount {
      try writer.begin(SectionKind("data"), named: "\(section)")
      for _ in 0..<(byteCount / sectionCount / piece.count) { try writer.append(piece) }
      try writer.end()
    }
    _ = try writer.finish()
    return path
  }

  /// A file of a thousand small sections.
  private static func writeMany(_ path: String) throws -> String {
    var writer = try ContainerWriter(path: path, profile: .bundle)
    for index in 0..<1000 {
      try writer.add(SectionKind("data"), named: "transformer.h.\(index).weight", [1], level: nil)
    }
    _ = try writer.finish()
    return path
  }
}
