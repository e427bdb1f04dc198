import Foundation
import GobbetData
import GobbetFile
import GobbetInterchange
import TestSupport
import Testing

@Suite("Distributed checkpoints of PyTorch") struct DistributedCheckpointTests {
  private static let folder = fixturesFolder + "/pytorch/distributed"
  private let copy: TemporaryFolder

  init() throws {
    copy = try TemporaryFolder()
    for name in [".metadata", "__0_0.distcp", "__1_0.distcp"] {
      try writeFile(copy.file(name), readFile("\(Self.folder)/\(name)"))
    }
  }

  @Test("every tensor is what PyTorch loads, in one chunk or cut along any axis")
  func tensors() throws {
    let object = try JSONSerialization.jsonObject(
      with: Data(try fixture("pytorch/distributed.json")))
    var expected = try #require(object as? [String: [Any]])
    for key in [nil, "optimizer", "list"] {
      let reader = try DistributedCheckpoint(plan: Self.folder + "/.metadata", key: key)
      for tensor in reader.tensors {
        let known = expected.removeValue(forKey: "\(key ?? "model").\(tensor.name)")
        let entry = try #require(known, "\(tensor.name)")
        #expect(PyTorchTests.typeName(tensor.elementType) == entry[0] as? String)
        #expect(tensor.shape == entry[1] as? [Int])
        let bytes = try reader.bytes(of: tensor)
        #expect("\(ContentDigest(of: bytes.span))" == entry[2] as? String, "\(tensor.name)")
        let middle = (bytes.count / 3)..<(bytes.count - bytes.count / 4)
        #expect(try reader.bytes(of: tensor, in: middle) == Array(bytes[middle]))
      }
      #expect(reader.otherKeys.contains("step") && reader.otherKeys.contains("tuple"))
    }
    #expect(expected.isEmpty, "\(expected.keys)")
  }

  @Test("the names in the plan that are not understood are listed")
  func opaqueNames() throws {
    let reader = try DistributedCheckpoint(plan: Self.folder + "/.metadata")
    let module = "torch.distributed.checkpoint.metadata"
    #expect(
      try reader.opaqueNames()
        == ["pathlib.PosixPath", "\(module).StorageMeta", "\(module)._MEM_FORMAT_ENCODING"])
  }

  @Test("a file of pieces points to the folder that it is in")
  func pieces() throws {
    let error = #expect(throws: LoadingError.self) {
      _ = try WeightsInput(recognizing: copy.file("__0_0.distcp"))
    }
    #expect(error?.reason.contains("give the folder that it is in") == true)
  }

  @Test("a key that leads nowhere, and a file that is missing, are named")
  func missing() throws {
    let key = #expect(throws: InterchangeError.self) {
      _ = try DistributedCheckpoint(plan: Self.folder + "/.metadata", key: "weights")
    }
    #expect(key?.description.contains("there is list, model, optimizer") == true)
    try FileManager.default.removeItem(atPath: copy.file("__1_0.distcp"))
    let error = #expect(throws: (any Error).self) {
      _ = try DistributedCheckpoint(plan: copy.file(".metadata"))
    }
    #expect(error.map { "\($0)".contains("__1_0.distcp") } == true)
  }

  @Test("a plan that leads out of its folder, or to chunks that do not fit, is refused")
  func brokenPlans() throws {
    func plan(_ change: (inout [UInt8]) throws -> Void) throws -> InterchangeError? {
      var plan = try readFile(Self.folder + "/.metadata")
      try change(&plan)
      try writeFile(copy.file(".metadata"), plan)
      return #expect(throws: InterchangeError.self) {
        _ = try DistributedCheckpoint(plan: copy.file(".metadata"))
      }
    }
    func replace(_ old: String, _ new: String) throws -> InterchangeError? {
      try plan { plan in
        let place = try #require(plan.firstRange(of: Array(old.utf8)))
        plan.replaceSubrange(place, with: Array(new.utf8))
      }
    }
    #expect(try replace("__0_0.distcp", "../0.distcp")?.description.contains("../0") == true)
    #expect(try replace("float32", "float31")?.description.contains("torch.float31") == true)
    // The first chunk's rows, one fewer: an element that no chunk holds.
    let cut = try plan { plan in
      let sizes = try #require(plan.firstRange(of: Array("sizes".utf8)))
      let place = try #require(
        plan[sizes.upperBound...].indices.first { plan[$0] == 0x4B && plan[$0 + 1] == 3 })
      plan[place + 1] = 2
    }
    #expect(cut?.description.contains("not the whole tensor") == true)
  }

  @Test("a plan or an archive with any byte changed is read or refused, and nothing else")
  func changed() throws {
    var generator = SeededGenerator(18)
    for name in [".metadata", "__0_0.distcp", "__1_0.distcp"] {
      let whole = try readFile("\(Self.folder)/\(name)")
      for _ in 0..<400 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        try writeFile(copy.file(name), bytes)
        guard let reader = try? DistributedCheckpoint(plan: copy.file(".metadata")) else {
          continue
        }
        for tensor in reader.tensors { _ = try? reader.bytes(of: tensor) }
      }
      try writeFile(copy.file(name), whole)
    }
  }
}
