import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("One position, the same bits")
struct BitForBitTests {
  /// 200 tokens of validation text, and all their logits in one go on one thread.
  struct Whole {
    let small: SmallModel
    let ids: [UInt32]
    let logits: FloatMatrix

    init(_ precision: Precision = .float32) throws {
      small = try SmallModel(precision)
      ids = Array(try small.reference.ids(named: "val.ids").prefix(200))
      logits = try ForwardPass(small.model).logits(of: ids, .all)
    }
  }

  @Test("one token at a time with a cache as all at once without")
  func cached() throws {
    let whole = try Whole()
    let pass = try ForwardPass(whole.small.model)
    let cache = try KeyValueCache(whole.small.model)
    for (position, id) in whole.ids.enumerated() {
      let logits = try pass.logits(of: [id], cache: cache)
      #expect(logits[0] == whole.logits[position])
    }
  }

  @Test("in pieces of any length", arguments: [2, 3, 7, 12, 13, 31, 64, 199])
  func chunked(length: Int) throws {
    let whole = try Whole()
    let pass = try ForwardPass(whole.small.model)
    let cache = try KeyValueCache(whole.small.model)
    for first in stride(from: 0, to: whole.ids.count, by: length) {
      let end = min(first + length, whole.ids.count)
      let logits = try pass.logits(of: Array(whole.ids[first..<end]), .all, cache: cache)
      #expect(logits == whole.logits.rows(first..<end))
    }
  }

  @Test(
    "after a rewind as if the forgotten tokens had never been", arguments: Precision.allCases)
  func rewound(precision: Precision) throws {
    let whole = try Whole(precision)
    let pass = try ForwardPass(whole.small.model)
    let cache = try KeyValueCache(whole.small.model)
    _ = try pass.logits(of: Array(whole.ids.reversed()), cache: cache)
    cache.rewind()
    _ = try pass.logits(of: Array(whole.ids.prefix(150)), cache: cache)
    cache.rewind(to: 41)
    let logits = try pass.logits(of: Array(whole.ids[41..<90]), .all, cache: cache)
    #expect(logits == whole.logits.rows(41..<90))
  }

  @Test("in a batch with other sequences")
  func batched() throws {
    let whole = try Whole()
    let pass = try ForwardPass(whole.small.model)
    let other = Array(try whole.small.reference.ids(named: "val.ids")[300..<555])
    let lengths = [17, 1, 200, 60]
    let batch = try lengths.flatMap { length in
      try [Array(whole.ids.prefix(length)), other].map {
        ForwardPass.Continuation($0, try KeyValueCache(whole.small.model))
      }
    }
    let results = try pass.logits(of: batch, .all)
    for (index, length) in lengths.enumerated() {
      #expect(results[2 * index] == whole.logits.rows(0..<length))
      #expect(results[2 * index + 1] == results[1])
    }
  }

  @Test("for the last and for chosen positions as for all")
  func chosen() throws {
    let whole = try Whole()
    let pass = try ForwardPass(whole.small.model)
    let last = try pass.logits(of: whole.ids)
    #expect(last == whole.logits.rows(199..<200))
    let positions = [0, 1, 2, 50, 51, 130, 199]
    let some = try pass.logits(of: whole.ids, .chosen(positions))
    #expect(some.rowCount == positions.count)
    for (row, position) in positions.enumerated() { #expect(some[row] == whole.logits[position]) }
  }

  @Test(
    "with every set of instructions, on any number of threads, in every precision",
    arguments: [1, 2, 3, 8], Precision.allCases)
  func variants(threadCount: Int, precision: Precision) throws {
    let small = try SmallModel(precision)
    let model = small.model
    let ids = Array(try small.reference.ids(named: "val.ids").prefix(75))
    let expected = try ForwardPass(model).logits(of: ids, .all)
    for variant in KernelVariant.available {
      let pass = try ForwardPass(model, threadCount: threadCount, variant: variant)
      #expect(try pass.logits(of: ids, .all) == expected, "\(variant)")
      let cache = try KeyValueCache(model)
      for (position, id) in ids.enumerated() {
        #expect(try pass.logits(of: [id], cache: cache)[0] == expected[position], "\(variant)")
      }
    }
  }
}
