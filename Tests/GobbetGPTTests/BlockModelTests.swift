import Foundation
import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("Weights computed with in the blocks of the file") struct BlockModelTests {
  @Test(
    "logits are those of the widened weights, to 1e-3 of the largest and 1e-6 nats",
    arguments: BlockModel.all)
  func widened(shape: BlockModel) throws {
    let expected = try ForwardPass(shape.model(.float32)).logits(of: BlockModel.ids, .all)
    let found = try ForwardPass(shape.model()).logits(of: BlockModel.ids, .all)
    let largest = expected.elements.reduce(0) { max($0, abs($1)) }
    #expect(largest > 0.1)
    #expect(Distance(found.elements, expected.elements).largest <= 1e-3 * Double(largest))
    var divergence = 0.0
    for row in BlockModel.ids.indices {
      let (truth, guess) = (
        PrecisionTests.logarithms(expected[row]), PrecisionTests.logarithms(found[row])
      )
      divergence += zip(truth, guess).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    #expect(divergence / Double(BlockModel.ids.count) <= 1e-6)
  }

  @Test(
    "every set of instructions, number of threads and way gives the same bits",
    arguments: BlockModel.all)
  func bits(shape: BlockModel) throws {
    let ids = BlockModel.ids
    let model = try shape.model()
    let whole = try ForwardPass(model).logits(of: ids, .all)
    for variant in KernelVariant.available {
      for threadCount in [1, 3] {
        let pass = try ForwardPass(model, threadCount: threadCount, variant: variant)
        #expect(try pass.logits(of: ids, .all) == whole, "\(variant), \(threadCount)")
        let cache = try KeyValueCache(model)
        for (position, id) in ids.enumerated() {
          #expect(try pass.logits(of: [id], cache: cache)[0] == whole[position], "\(variant)")
        }
      }
    }
  }

  @Test("pieces and batches give the same bits", arguments: BlockModel.all)
  func pieces(shape: BlockModel) throws {
    let ids = BlockModel.ids
    let model = try shape.model()
    let pass = try ForwardPass(model)
    let whole = try pass.logits(of: ids, .all)
    let cache = try KeyValueCache(model)
    for first in stride(from: 0, to: ids.count, by: 23) {
      let end = min(first + 23, ids.count)
      let logits = try pass.logits(of: Array(ids[first..<end]), .all, cache: cache)
      #expect(logits == whole.rows(first..<end))
    }
    let batch = try [90, 1, 40].map {
      ForwardPass.Continuation(Array(ids.prefix($0)), try KeyValueCache(model))
    }
    for (found, count) in zip(try pass.logits(of: batch, .all), [90, 1, 40]) {
      #expect(found == whole.rows(0..<count))
    }
  }

  @Test(
    "blocks take no more memory than in the file, 3 % at most for scales",
    arguments: BlockModel.all)
  func memory(shape: BlockModel) throws {
    let source = try shape.source()
    let matrices = source.tensors.filter { $0.shape.count == 2 }
    let stored = matrices.reduce(0) { $0 + $1.byteCount }
    // Panels of 32 outputs: 300 rows of the embedding are 320.
    let embedding = source.tensors[0].byteCount
    let padding = embedding / 300 * 20
    #expect(try shape.model().weightByteCount <= (stored + padding) * 103 / 100)
  }

  @Test("parts that are packed one by one, on any number of threads, are the same")
  func parts() throws {
    var source = try BlockModel.all[9].source()
    let whole = try GPT(source, architecture: BlockModel.architecture, precision: .stored)
    source.readsParts = true
    let parts = try GPT(
      source, architecture: BlockModel.architecture, precision: .stored, threadCount: 3)
    let logits = try ForwardPass(whole).logits(of: BlockModel.ids, .all)
    #expect(try ForwardPass(parts).logits(of: BlockModel.ids, .all) == logits)
  }

  @Test("a scale that is not finite is refused with the tensor's name", arguments: BlockModel.types)
  func notFinite(type: ElementType) throws {
    var source = try BlockModel(description: "", types: [type]).source()
    let name = "blocks.1.down.weight"
    let tensor = try #require(source.tensor(named: name))
    var bytes = try source.bytes(of: tensor)
    let layout = try #require(type.blockLayout)
    let last = bytes.count - layout.byteCount
    if type == .mxfp4 {
      bytes[last] = 255
    } else {
      bytes[last + (type == .q6_K ? 209 : 1)] = 0x7C
    }
    try source.set(name, type, tensor.shape, bytes)
    let damaged = source
    let error = #expect(throws: GPTError.self) {
      _ = try GPT(damaged, architecture: BlockModel.architecture, precision: .stored)
    }
    #expect(error?.code == .notFinite(name))
  }
}
