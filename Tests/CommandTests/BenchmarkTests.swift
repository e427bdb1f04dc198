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
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let codecs = try lines(
      "tokens", "--vocabulary", shop.vocabulary, "--corpus", fixturesFolder + "/corpus-heldout",
      "--ids", folder.file("ids.u32"))
    #expect(codecs.compactMap { $0["codec"] as? String }.count == 5)
    for line in codecs {
      for key in [
        "block_tokens", "bits_per_token", "index_bits_per_token", "write_mtok_per_cpu_s",
        "read_mtok_per_cpu_s", "windows_per_cpu_s", "single_windows_per_cpu_s",
        "epoch_mtok_per_cpu_s",
      ] { #expect(try #require(line[key] as? Double) > 0, "\(key)") }
    }
    let tokens = try #require(codecs[0]["tokens"] as? Int)
    #expect(try readFile(folder.file("ids.u32")).count == 4 * tokens)
  }

  @Test("loader prints a line for windows and rows, each with masks and without")
  func loader() throws {
    let found = try lines(
      "loader", "--tokens", "60000", "--length", "128", "--batch-size", "4", "--rounds", "1")
    #expect(found.count == 7)
    for line in found { #expect(try #require(line["mtok_per_cpu_s"] as? Double) > 0) }
    #expect(found[0]["of_windows"] as? Double == 1)
  }

  @Test("rows says how full best-fit rows are and what their plans take, within the budget")
  func rows() throws {
    let line = try #require(
      try lines(
        "rows", "--documents", "20000", "--group-documents", "5000", "--plan-bytes", "60000"
      ).first)
    #expect(try #require(line["fill"] as? Double) > 0.999)
    #expect((1...60_000).contains(try #require(line["kept_plan_bytes"] as? Int)))
    for key in ["rows", "plan_mdocuments_per_cpu_s", "peak_resident_mb"] {
      #expect(try #require(line[key] as? Double) > 0, "\(key)")
    }
  }

  @Test("weights prints a line for each codec, and the compact one is smaller")
  func weights() throws {
    let codecs = try lines("weights", "--input", fixturesFolder + "/tinymodel/model.safetensors")
    let ratios = codecs.compactMap { $0["ratio"] as? Double }
    #expect(ratios.count == 2)
    #expect(ratios[1] < ratios[0])
    for key in [
      "write_gb_per_cpu_s", "read_gb_per_cpu_s", "open_ms", "load_over_plain_read", "two_threads",
    ] { #expect(codecs.allSatisfy { $0[key] is Double }, "\(key)") }
  }

  @Test("load reads every byte, copied or mapped")
  func load() throws {
    for way in ["copy", "map"] {
      let line = try #require(
        try lines(
          "load-weights", "--input", fixturesFolder + "/tinymodel/model.safetensors", "--way", way,
          "--threads", "2"
        ).first)
      #expect(line["bytes"] as? Int == 3_828_736)
      for key in ["ms", "cpu_ms", "peak_mb"] { #expect(line[key] is Double, "\(key)") }
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
