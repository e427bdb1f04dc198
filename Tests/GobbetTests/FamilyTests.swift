import Foundation
import Gobbet
import TestSupport
import Testing

/// The families of models beside transformers 5.24, whose answers `models/make.py` stored.
@Suite("Families of models") struct FamilyTests {
  static let families = [
    "gemma2", "gemma3", "gpt_neox", "granite", "llama2", "llama3", "mistral", "nanochat", "olmo2",
    "olmo3", "phi3", "qwen2", "qwen3", "smollm3", "starcoder2",
  ]

  /// A prompt and what follows it.
  struct Answer {
    let ids: [TokenID]
    /// [T, V].
    let logits: [Float]
    let greedy: [TokenID]

    init(_ reader: SafetensorsReader, _ number: Int) throws {
      func integers(_ name: String) throws -> [TokenID] {
        let tensor = try #require(reader.tensor(named: "\(name).\(number)"))
        let bytes = try reader.bytes(of: tensor)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
          bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | TokenID($1) }
        }
      }
      ids = try integers("ids")
      greedy = try integers("greedy")
      logits = try reader.floats(named: "logits.\(number)")
    }
  }

  static func answers(_ family: String) throws -> [Answer] {
    let reader = try SafetensorsReader(
      Conformance.path("models/\(family)/reference.safetensors"))
    return try (0..<3).map { try Answer(reader, $0) }
  }

  @Test(
    "logits are within 1e-4 of the largest, in one pass and token by token",
    .enabled(if: Conformance.isAvailable), arguments: families)
  func logits(family: String) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"))
    let pass = try ForwardPass(model, threadCount: 2)
    for answer in try Self.answers(family) {
      let logits = try pass.logits(of: answer.ids, .all)
      let largest = answer.logits.reduce(0) { max($0, abs($1)) }
      let rows = (0..<logits.rowCount).flatMap { Array(logits[$0]) }
      let error = zip(rows, answer.logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * largest, "\(error) of \(largest)")
      let cache = try KeyValueCache(model)
      for (position, id) in answer.ids.enumerated() {
        let row = try pass.logits(of: [id], cache: cache)
        #expect(Array(row[0]) == Array(logits[position]), "position \(position)")
      }
    }
  }

  @Test(
    "a position has the same bits cached, in a batch and on three threads, in every precision",
    .enabled(if: Conformance.isAvailable), arguments: families, [Precision.bfloat16, .int8])
  func sameBits(family: String, precision: Precision) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"), precision: precision)
    let pass = try ForwardPass(model)
    let three = try ForwardPass(model, threadCount: 3)
    let answers = try Self.answers(family)
    let whole = try answers.map { try pass.logits(of: $0.ids, .all) }
    let batch = try three.logits(
      of: answers.map { ForwardPass.Continuation($0.ids, try KeyValueCache(model)) }, .all)
    #expect(batch == whole)
    let cache = try KeyValueCache(model)
    let pieces = [0..<3, 3..<4, 4..<answers[1].ids.count]
    for piece in pieces {
      let rows = try three.logits(of: Array(answers[1].ids[piece]), .all, cache: cache)
      #expect(rows == whole[1].rows(piece))
    }
    // Not what the floats give, but near them.
    let largest = answers[1].logits.reduce(0) { max($0, abs($1)) }
    let rows = (0..<whole[1].rowCount).flatMap { Array(whole[1][$0]) }
    let squares = zip(rows, answers[1].logits).reduce(Double(0)) {
      $0 + Double(pow($1.0 - $1.1, 2))
    }
    let error = (squares / Double(rows.count)).squareRoot()
    #expect(error <= 0.02 * Double(largest), "\(error) of \(largest)")
  }

  @Test(
    "the 24 likeliest tokens are those of transformers",
    .enabled(if: Conformance.isAvailable), arguments: families)
  func greedy(family: String) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"))
    let pass = try ForwardPass(model)
    for answer in try Self.answers(family) {
      let cache = try KeyValueCache(model)
      var next = answer.ids
      var found: [TokenID] = []
      for _ in 0..<24 {
        let row = Array(try pass.logits(of: next, cache: cache)[0])
        let best = try #require(row.indices.max { row[$0] < row[$1] })
        next = [TokenID(best)]
        found += next
      }
      #expect(found == answer.greedy)
    }
  }
}
