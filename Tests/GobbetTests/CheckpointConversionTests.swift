import Foundation
import Gobbet
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Checkpoints that are converted as differences") struct CheckpointConversionTests {
  private let folder: TemporaryFolder
  private let first: String
  private let second: String

  /// Two checkpoints of safetensors, of which the second differs in the low bits.
  init() throws {
    folder = try TemporaryFolder()
    (first, second) = (folder.file("first.safetensors"), folder.file("second.safetensors"))
    for (step, path) in [first, second].enumerated() {
      var generator = SeededGenerator(4)
      let bytes = (0..<2000).flatMap { _ in
        let value = Float.random(in: -0.1...0.1, using: &generator) + Float(step) / 8192
        return HandMadeFile.little(value.bitPattern)
      }
      try writeFile(path, SmallWeights.safetensors([("w", [20, 100], bytes)]))
    }
    _ = try FileConversion().convert(first, to: folder.file("first.gobbet"), format: .gobbet)
  }

  private func convert(
    to name: String, base: String = "first.gobbet",
    _ change: (inout FileConversion) -> Void = { _ in }
  ) throws -> String {
    var conversion = FileConversion()
    conversion.base = folder.file(base)
    change(&conversion)
    let path = folder.file(name)
    _ = try conversion.convert(second, to: path, format: .gobbet)
    return path
  }

  @Test(
    "a difference is shorter, is what was converted, and can be looked at before it is in place")
  func roundTrip() throws {
    _ = try FileConversion().convert(second, to: folder.file("alone.gobbet"), format: .gobbet)
    for verifies in [false, true] {
      let path = try convert(to: "second\(verifies).gobbet") { $0.verifies = verifies }
      #expect(try WeightsReader(path: path).codec(ofTensorNamed: "w") == .delta)
      #expect(try FileComparison(path, folder.file("alone.gobbet")).weights == nil)
      #expect(try readFile(path).count < readFile(folder.file("alone.gobbet")).count)
      let back = folder.file("back\(verifies).safetensors")
      _ = try FileConversion().convert(path, to: back, format: .safetensors)
      #expect(try FileComparison(back, second).weights == nil)
    }
  }

  @Test("a base in another folder, the output itself, and several files are refused")
  func refused() async throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("other"), withIntermediateDirectories: false)
    #expect(throws: LoadingError.self) { try convert(to: "other/second.gobbet") }
    #expect(throws: LoadingError.self) {
      var conversion = FileConversion()
      conversion.base = folder.file("first.gobbet")
      _ = try conversion.convert(
        second, to: folder.file("first.gobbet"), format: .gobbet, replacing: true)
    }
    let error = #expect(throws: ConversionOptionError.self) {
      try convert(to: "second.gobbet") { $0.shardByteCount = 4000 }
    }
    #expect(error?.option == .base)
    // What is verified needs the base, too.
    let path = try convert(to: "second.gobbet")
    _ = try await FileVerification(path: path)
    try FileManager.default.removeItem(atPath: folder.file("first.gobbet"))
    await #expect(throws: LoadingError.self) { _ = try await FileVerification(path: path) }
  }
}
