import Foundation
import TestSupport
import Testing

@Suite("The map of the sources") struct SourcesMapTests {
  private static let sources = URL(filePath: fixturesFolder).deletingLastPathComponent()
    .appending(path: "Sources")

  /// Every Swift file under `Sources/`, by its path there, and its text.
  private static func files() throws -> [(path: String, text: String)] {
    let paths = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String }
    return try (paths ?? []).filter { $0.hasSuffix(".swift") }.map { path in
      (path, String(decoding: try readFile(sources.appending(path: path).path), as: UTF8.self))
    }
  }

  /// The files that the table with this head lists.
  private static func listed(under head: String) throws -> Set<String> {
    let map = String(
      decoding: try readFile(sources.appending(path: "README.md").path), as: UTF8.self)
    var listed: Set<String> = []
    let rows = map.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(rows.firstIndex { $0 == head })
    for row in rows[start...].dropFirst(2).prefix(while: { $0.hasPrefix("| ") }) {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      for name in cells[1].split(separator: ",") {
        listed.insert("\(cells[0])/\(name.trimmingCharacters(in: .whitespaces)).swift")
      }
    }
    return listed
  }

  @Test("lists exactly the files that hold the word unsafe")
  func unsafeFiles() throws {
    let listed = try Self.listed(under: "| folder | files | for |")
    let found = Set(try Self.files().filter { $0.text.contains(/\bunsafe\b/) }.map(\.path))
    #expect(listed.subtracting(found) == [], "listed, but safe")
    #expect(found.subtracting(listed) == [], "unsafe, but not listed")
  }

  @Test("lists exactly the files that lock, and nothing of a caller runs under a lock")
  func locks() throws {
    let listed = try Self.listed(under: "| folder | files | under the lock |")
    let lock = /withLock/
    let found = Set(try Self.files().filter { $0.text.contains(lock) }.map(\.path))
    #expect(listed.subtracting(found) == [], "listed, but without a lock")
    #expect(found.subtracting(listed) == [], "with a lock, but not listed")
    // What closures of callers are called in this package.
    let callers =
      /[^A-Za-z_](body|progress|consume|report|show|line|decode|check|handler|callback|completion)\(/
    for (path, text) in try Self.files() {
      for match in text.matches(of: /withLock(IfAvailable)?(\(| )\{/) {
        var depth = 0
        let block = text[match.range.upperBound...].prefix { letter in
          if letter == "{" { depth += 1 }
          if letter == "}" { depth -= 1 }
          return depth >= 0
        }
        #expect(!block.contains(callers), "\(path): \(block)")
      }
    }
  }

  /// What each target imports, by the first table.
  private static func drawnArrows() throws -> [String: Set<String>] {
    let map = String(
      decoding: try readFile(sources.appending(path: "README.md").path), as: UTF8.self)
    let rows = map.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(rows.firstIndex { $0 == "| target | holds | imports |" })
    var arrows: [String: Set<String>] = [:]
    for row in rows[start...].dropFirst(2).prefix(while: { $0.hasPrefix("| ") }) {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      for name in cells[0].split(separator: ", ") {
        arrows[String(name)] = Set(cells[2].split(separator: ", ").map(String.init))
      }
    }
    return arrows
  }

  @Test("draws exactly the arrows that Package.swift has")
  func arrows() throws {
    let drawn = try Self.drawnArrows()
    let package = String(
      decoding: try readFile(
        Self.sources.deletingLastPathComponent().appending(path: "Package.swift").path),
      as: UTF8.self)
    let ofPackages = [
      "system": "swift-system", "crypto": "swift-crypto", "arguments": "swift-argument-parser",
    ]
    var count = 0
    let targets = package.prefix(upTo: try #require(package.firstRange(of: "// Tests.")).lowerBound)
    let head = /(?:library\(\s*|name: )"([\w-]+)",\s*(?:dependencies: )?\[([^\]]*)\]/
    for match in targets.matches(of: head) where match.1 != "gobbet" {
      guard let arrows = drawn[String(match.1)] else { continue }
      let wanted = match.2.split(separator: ",").map { piece in
        let name = piece.trimmingCharacters(in: .whitespacesAndNewlines)
        return ofPackages[name] ?? name.trimmingCharacters(in: ["\""])
      }
      #expect(arrows == Set(wanted), "\(match.1)")
      count += 1
    }
    #expect(count >= 10)
  }

  @Test(
    "no file of Swift or Python is longer than 400 lines, but for generated tables",
    arguments: ["Sources", "Tests"])
  func lengths(folder: String) throws {
    let root = Self.sources.deletingLastPathComponent().appending(path: folder)
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String }
    for path in try #require(paths) where path.hasSuffix(".swift") || path.hasSuffix(".py") {
      let text = String(decoding: try readFile(root.appending(path: path).path), as: UTF8.self)
      guard !text.hasPrefix("// Generated by ") else { continue }
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 401, "\(path)")
    }
  }

  @Test("the forward pass and its kernels have grown by less than 70 % since they knew one family")
  func growth() throws {
    /// Lines of code, neither blank nor comments, of the last commit that ran GPT-2 alone.
    let before = 3_140
    let folders = ["GobbetGPT", "CGobbetKernels"]
    let isKernel = /\/(transformer|threads|memory|gobbet_transformer|gobbet_threads|gobbet_memory)/
    var count = 0
    for folder in folders {
      let paths = FileManager.default.enumerator(atPath: Self.sources.appending(path: folder).path)?
        .compactMap { $0 as? String }
      for path in try #require(paths) where [".swift", ".c", ".h"].contains(where: path.hasSuffix) {
        // What other processors need is apart.
        if folder == "CGobbetKernels",
          !"/\(path)".contains(isKernel) || path.contains("arm") || path.contains("neon")
        {
          continue
        }
        let text = try readFile(Self.sources.appending(path: "\(folder)/\(path)").path)
        count += String(decoding: text, as: UTF8.self).split(separator: "\n").count { line in
          let code = line.trimmingCharacters(in: .whitespaces)
          return !code.isEmpty && !code.hasPrefix("//")
        }
      }
    }
    #expect(count > before)
    #expect(Double(count) < 1.7 * Double(before), "\(count) lines of code")
  }
}
