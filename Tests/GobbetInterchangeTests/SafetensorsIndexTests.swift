import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("safetensors in several files") struct SafetensorsIndexTests {
  private let folder: TemporaryFolder
  private let index: String

  init() throws {
    folder = try TemporaryFolder()
    index = folder.file("model.safetensors.index.json")
  }

  @Test("tensors and metadata come back as they were", arguments: [1, 100, 1000, 1 << 30])
  func roundTrip(shardByteCount: Int) throws {
    let source = try MemorySource.random(seed: 3)
    try SafetensorsIndex.write(source, to: index, shardByteCount: shardByteCount)
    try expectEqual(try SafetensorsIndex(index), source)
    let shards = try folder.names().dropLast()
    #expect(
      shards.first == "model-00001-of-\(String(100_000 + shards.count).dropFirst()).safetensors")
  }

  @Test(
    "an index that disagrees with its files, or leaves its folder, is an error",
    arguments: [
      #"{}"#, #"{"weight_map":[]}"#, #"{"weight_map":{"a":1}}"#,
      #"{"weight_map":{"a":"s","a":"s"}}"#, #"{"weight_map":{"a":"s"}}"#,
      #"{"weight_map":{"a":"s","b":"s","c":"s"}}"#, #"{"weight_map":{"a":"s","b":"../s"}}"#,
      #"{"weight_map":{"a":"s","b":"/s"}}"#, #"{"weight_map":{"a":"s","b":".."}}"#,
      #"{"weight_map":{"a":"s","b":""}}"#, #"{"weight_map":{"a":"s","b":"s\u0000"}}"#, "",
    ])
  func broken(text: String) throws {
    var source = MemorySource()
    try source.append("a", .uint8, [1], [1])
    try source.append("b", .uint8, [1], [2])
    try SafetensorsWriter.write(source, to: folder.file("s"))
    try folder.write("i.json", Array(#"{"weight_map":{"a":"s","b":"s"}}"#.utf8))
    try expectEqual(try SafetensorsIndex(folder.file("i.json")), source)
    try folder.write("i.json", Array(text.utf8))
    #expect(throws: InterchangeError.self) { _ = try SafetensorsIndex(folder.file("i.json")) }
  }
}
