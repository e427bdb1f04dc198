import CGobbet
import CGobbetRound
import Foundation
import GobbetC
import TestSupport
import Testing

@Suite("The C API") struct RoundTests {
  @Test(
    "a C program trains, encodes, packs, samples and keeps weights, and its mistakes are answered")
  func round() throws {
    let folder = try TemporaryFolder()
    var message = [CChar](repeating: 0, count: 2048)
    let line = unsafe gobbet_round(folder.path, &message, message.count)
    let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    #expect(line == 0, "\(String(decoding: text, as: UTF8.self))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 7)
  }

  @Test(
    "a C program asks models for logits, states, vectors and text, and its mistakes are answered")
  func models() {
    var message = [CChar](repeating: 0, count: 2048)
    let line = unsafe gobbet_round_models(fixturesFolder, &message, message.count)
    let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    #expect(line == 0, "\(String(decoding: text, as: UTF8.self))")
  }

  @Test("a C program inspects files of two formats and finds damage")
  func inspection() throws {
    let folder = try TemporaryFolder()
    var message = [CChar](repeating: 0, count: 2048)
    let line = unsafe gobbet_round_inspection(folder.path, &message, message.count)
    let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    #expect(line == 0, "\(String(decoding: text, as: UTF8.self))")
  }

  @Test("the list of exported symbols is what the header declares")
  func symbols() throws {
    let header = try String(decoding: source("gobbet.h"), as: UTF8.self)
    let declared = Set(header.matches(of: /\b(gobbet_[a-z_]+)\(/).map { String($0.output.1) })
    let listed = try String(decoding: source("symbols.txt"), as: UTF8.self).split(separator: "\n")
    #expect(listed.map(String.init) == declared.sorted())
  }

  private func source(_ name: String) throws -> [UInt8] {
    try readFile(fixturesFolder + "/../Sources/CGobbet/" + name)
  }
}
