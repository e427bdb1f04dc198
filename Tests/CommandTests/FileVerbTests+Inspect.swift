import Foundation
import Gobbet
import TestSupport
import Testing

extension FileVerbTests {
  @Test("inspect tells the ratio of each section, the generations and the signer")
  func inspection() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let file = try copy(shop.dataset, in: folder)
    #expect(try gobbet("sign", "--make-key", folder.file("k")).status == 0)
    #expect(try gobbet("sign", file, "--key", folder.file("k.key")).status == 0)
    let report = try object(try gobbet("inspect", file, "--json"))
    #expect(report["generations"] as? Int == 2)
    #expect((report["signed_by"] as? String)?.count == 64)
    for section in try #require(report["sections"] as? [[String: Any]]) {
      #expect(try #require(section["ratio"] as? Double) <= 1)
    }
    #expect(try gobbet("inspect", file).text.contains("2 generations"))
  }

  @Test("inspect --tensors tells the extremes and the mean of each")
  func tensors() throws {
    let shop = try Workshop.shared.get()
    let report = try object(try gobbet("inspect", shop.model, "--tensors", "--json"))
    let weights = try #require(report["weights"] as? [String: Any])
    for tensor in try #require(weights["list"] as? [[String: Any]]) {
      let statistics = try #require(tensor["statistics"] as? [String: Any])
      let values = try ["minimum", "mean", "maximum"].map {
        try #require(statistics[$0] as? Double)
      }
      #expect(values == values.sorted())
      #expect(statistics["nan_count"] as? Int == 0)
      #expect(statistics["infinity_count"] as? Int == 0)
    }
  }

  @Test("inspect and verify read counts of pretokens")
  func counts() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("counts.gobbet")
    #expect(try gobbet("counts", fixturesFolder + "/corpus-heldout", "-o", file).status == 0)
    #expect(try gobbet("verify", file).status == 0)
    let report = try object(try gobbet("inspect", file, "--json"))
    let counts = try #require(report["counts"] as? [String: Any])
    #expect(try #require(counts["unique_pretokens"] as? Int) > 100)
    #expect(try gobbet("inspect", file).text.contains("unique pretokens"))
  }

  @Test("inspect lists tensors in blocks, and those of a type that nobody knows, with their bytes")
  func inspectionOfBlocks() throws {
    let folder = try TemporaryFolder()
    let blocks = fixturesFolder + "/gguf/blocks.gguf"
    let report = try object(try gobbet("inspect", blocks, "--tensors", "--json"))
    let weights = try #require(report["weights"] as? [String: Any])
    let list = try #require(weights["list"] as? [[String: Any]])
    let found = try #require(list.first { $0["name"] as? String == "Q4_K" })
    #expect(found["type"] as? String == "Q4_K")
    #expect(found["stored_bytes"] as? Int == 6 * 144)
    #expect(found["statistics"] != nil)
    // The code of Q4_K, after the name, the rank and two axes, becomes one that is not given out.
    var bytes = try readFile(blocks)
    let name = Array("Q4_K".utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    #expect(bytes[start + 4 + 4 + 16] == 12)
    bytes[start + 4 + 4 + 16] = 250
    let changed = try folder.write("unknown.gguf", bytes)
    let result = try gobbet("inspect", changed, "--tensors")
    #expect(result.status == 0)
    #expect(result.text.contains("  Q4_K  250 [2, 768], raw, "))
    // Nothing says how many bytes its elements would be: the totals have those in the file.
    let known = try #require(weights["bytes"] as? Int)
    let unknown = try object(try gobbet("inspect", changed, "--tensors", "--json"))
    let totals = try #require(unknown["weights"] as? [String: Any])
    let part = try #require(
      (totals["list"] as? [[String: Any]])?.first { $0["name"] as? String == "Q4_K" })
    #expect(part["bytes"] as? Int == part["stored_bytes"] as? Int)
    let own = try #require(found["bytes"] as? Int)
    #expect(totals["bytes"] as? Int == known - own + (try #require(part["bytes"] as? Int)))
    let refused = try gobbet("convert", changed, "-o", folder.file("unknown.safetensors"))
    #expect(refused.status == 65)
    #expect(refused.errorText.contains("Q4_K (type 250); --skip leaves them out"))
    let skipped = folder.file("skipped.safetensors")
    let rest = try gobbet("convert", changed, "-o", skipped, "--skip")
    #expect(rest.status == 0, "\(rest.errorText)")
    #expect(rest.errorText.contains("tensors left out: Q4_K (type 250)"))
    #expect(try gobbet("inspect", skipped).text.contains("22 tensors"))
    #expect(try gobbet("convert", skipped, "-o", changed + ".gobbet", "--skip").status == 2)
  }

  @Test("inspect takes a key, and says which part of a model a file is")
  func keysAndParts() throws {
    let checkpoint = fixturesFolder + "/pytorch/training.pt"
    let moments = try gobbet("inspect", checkpoint, "--key", "optimizer.state.0", "--tensors")
    #expect(moments.text.contains("exp_avg_sq"), "\(moments.errorText)")
    let blocks = fixturesFolder + "/gguf/blocks.gguf"
    #expect(try gobbet("inspect", blocks, "--key", "a").status == 2)
    let folder = try TemporaryFolder()
    try GGUFWriter.write(
      GGUFReader(blocks), to: folder.file("m-00002-of-00003.gguf"),
      values: [("split.no", .uint16(1)), ("split.count", .uint16(3))])
    let part = try gobbet("inspect", folder.file("m-00002-of-00003.gguf"))
    #expect(part.text.contains("gguf, file 2 of 3 of a model"))
  }
}
