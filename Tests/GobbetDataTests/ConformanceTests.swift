import Foundation
import TestSupport
import Testing

/// The readers of `Tests/reader`, which were written from `Spec/` alone, and the library, each driven
/// by the same runner over the same files.
@Suite("Readers of the format") struct ConformanceTests {
  private static let folder = fixturesFolder + "/../Tests/reader"
  private static let library = productPath("gobbet-conformance")
  private static let node = program("node")
  private static let browser = ["chromium", "chromium-browser", "google-chrome"].lazy
    .compactMap(program).first

  /// The program of that name in one of the folders of `PATH`; nil if there is none.
  private static func program(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func script(_ name: String, _ arguments: [String]) throws {
    let python = try #require(peersPython)
    let result = try run(python, ["\(folder)/\(name)"] + arguments)
    #expect(result.status == 0, "\(result.text)\(result.errorText)")
  }

  private static func pythonReader() throws -> String {
    "\(try #require(peersPython)) \(folder)/gobbet_content.py --serve"
  }

  private static var javaScriptReader: String? {
    node.map { "\($0) \(folder)/gobbet_serve.mjs" }
  }

  @Test(
    "the library finds what NAME.json says in every golden file, and refuses every broken one",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func ofTheLibrary() throws { try Self.script("conformance.py", [Self.library]) }

  @Test(
    "the reader in Python finds the same, and refuses the same",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func inPython() throws { try Self.script("conformance.py", [try Self.pythonReader()]) }

  @Test(
    "the reader in JavaScript finds the same, and refuses the same",
    .enabled(if: peersPython != nil, "\(peersNeeded)"),
    .enabled(if: node != nil, "node is not installed"))
  func inJavaScript() throws {
    try Self.script("conformance.py", [try #require(Self.javaScriptReader)])
  }

  @Test(
    "the reader in JavaScript finds the same in a browser",
    .enabled(if: peersPython != nil, "\(peersNeeded)"),
    .enabled(if: browser != nil, "Chromium is not installed"))
  func inABrowser() throws { try Self.script("browser.py", [try #require(Self.browser)]) }

  @Test(
    "no reader accepts a changed file that another refuses, or finds something else in it",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func mutations() throws {
    let readers = [Self.library, try Self.pythonReader(), Self.javaScriptReader].compactMap { $0 }
    try Self.script("mutations.py", ["--count", "1500", "--seed", "1"] + readers)
  }

  @Test(
    "the examples of the pages are true, and every rule has a file that breaks it",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func pages() throws {
    try Self.script(
      "check_pages.py", [Self.library, Self.javaScriptReader].compactMap { $0 })
  }
}
