import Foundation
import TestSupport
import Testing

@Suite("The benchmarks") struct BenchmarkTests {
  private func lines(_ arguments: String...) throws -> [[String: Any]] {
    let result = try run(productPath("gobbet-bench"), arguments)
    #expect(result.status == 0, "\(result.errorText)")
    return try result.text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("tokens prints a line for each codec that can hold the ids")
  func tokens() throws {
    let folder = try TemporaryFolder()
    var bytes: [UInt8] = []
    for index in 0..<20_000 { bytes += [UInt8(index % 251), UInt8(index % 3), 0, 0] }
    let file = try folder.write("ids.u32", bytes)
    let codecs = try lines("tokens", "--input", file, "--vocabulary-size", "1000")
    #expect(codecs.compactMap { $0["codec"] as? String }.count == 5)
    for line in codecs {
      for key in [
        "block_tokens", "bits_per_token", "write_mtok_per_cpu_s", "read_mtok_per_cpu_s",
        "windows_per_cpu_s",
      ] { #expect(try #require(line[key] as? Double) > 0, "\(key)") }
    }
    let wide = try lines("tokens", "--input", file, "--vocabulary-size", "100000")
    #expect(!wide.contains { $0["codec"] as? String == "raw16" })
  }

  @Test("weights prints a line for each codec, and the compact one is smaller")
  func weights() throws {
    let codecs = try lines("weights", "--input", fixturesFolder + "/tinymodel/model.safetensors")
    let ratios = codecs.compactMap { $0["ratio"] as? Double }
    #expect(ratios.count == 2)
    #expect(ratios[1] < ratios[0])
    for key in ["write_gb_per_cpu_s", "read_gb_per_cpu_s", "open_ms", "copy_load_ms"] {
      #expect(codecs.allSatisfy { $0[key] is Double }, "\(key)")
    }
  }

  @Test("pack counts the bytes and tokens of the corpus and those of the file")
  func pack() throws {
    let shop = try Workshop.shared.get()
    let line = try #require(
      try lines(
        "pack", "--vocabulary", shop.vocabulary, "--corpus", fixturesFolder + "/corpus"
      ).first)
    let numbers = try ["output_bytes", "tokens", "bytes"].map { try #require(line[$0] as? Int) }
    #expect(numbers.allSatisfy { $0 > 0 })
    #expect(numbers[1] < numbers[2])
    for key in ["cpu_s", "wall_s", "peak_rss_mb"] { #expect(line[key] is Double, "\(key)") }
  }
}
