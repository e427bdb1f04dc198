// Every import that a program has besides Gobbet: what follows compiles as it does without Gobbet.
import Crypto
import Foundation
import Gobbet
import TestSupport
import Testing

/// A type of a user's own, with coding written by hand, as it was written before Gobbet came in.
private struct Recipe: Codable, Hashable {
  var title: String
  var sizes: [Int]

  private enum CodingKeys: String, CodingKey { case title, sizes }

  init(title: String, sizes: [Int]) {
    self.title = title
    self.sizes = sizes
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    title = try container.decode(String.self, forKey: .title)
    sizes = try container.decode([Int].self, forKey: .sizes)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(title, forKey: .title)
    try container.encode(sizes, forKey: .sizes)
  }
}

/// Names of Swift, Foundation and Crypto in signatures, where two of a name would be ambiguous.
private func described(_ digest: some Digest, _ key: SymmetricKey, _ date: Date) -> String {
  digest.map { String($0, radix: 16) }.joined() + " \(key.bitCount) \(date.timeIntervalSince1970)"
}

private func advanced(_ progress: Progress, _ operation: Operation, _ data: Data) -> Int {
  progress.completedUnitCount = Int64(data.count)
  return operation.dependencies.count + Int(progress.completedUnitCount)
}

@Suite("Names beside those of others") struct NamesTests {
  @Test("a type that codes itself does so in a file that imports Gobbet")
  func coding() throws {
    let recipe = Recipe(title: "Grüße", sizes: [256, 32_768])
    let data = try JSONEncoder().encode(recipe)
    #expect(try JSONDecoder().decode(Recipe.self, from: data) == recipe)
    let text = described(SHA256.hash(data: data), SymmetricKey(size: .bits128), .distantPast)
    #expect(text.contains(" 128 "))
    #expect(advanced(Progress(totalUnitCount: 9), BlockOperation {}, Data([1, 2])) == 2)
    // And Gobbet's own are there.
    #expect(ContentDigest(of: [1, 2, 3].span) != ContentDigest(of: [1, 2].span))
  }

  @Test("no public name of the library is one that Swift, Foundation, Crypto or SwiftUI has")
  func distinct() throws {
    let taken: Set = [
      // The standard library, Concurrency and Synchronization.
      "Actor", "AnyObject", "Array", "Atomic", "Character", "Clock", "Codable", "CodingKey",
      "Collection", "Comparable", "Decodable", "Decoder", "Dictionary", "Double", "Duration",
      "Encodable", "Encoder", "Equatable", "Error", "Executor", "Float", "Hashable", "Hasher",
      "Identifiable", "Index", "Int", "Iterator", "KeyPath", "Mirror", "Mutex", "Never", "Optional",
      "Range", "RawSpan", "Regex", "Result", "Sendable", "Sequence", "Set", "Slice", "Span",
      "String", "Substring", "Task", "TaskGroup", "Unicode", "Unmanaged",
      // Foundation.
      "Bundle", "Calendar", "Data", "Date", "Dimension", "FileHandle", "FileManager", "FileWrapper",
      "Formatter", "Host", "IndexPath", "IndexSet", "Locale", "Lock", "Measurement", "Message",
      "Notification", "Operation", "Pipe", "Port", "Predicate", "Process", "Progress", "Scanner",
      "Stream", "Thread", "TimeZone", "Timer", "Unit", "URL", "UUID",
      // Crypto.
      "AES", "Curve25519", "Digest", "HashFunction", "HMAC", "HPKE", "Insecure", "SHA256",
      "SharedSecret", "SymmetricKey",
      // SwiftUI and its like, and what programs often call their own types.
      "App", "Binding", "Block", "Color", "Configuration", "Context", "Document", "Edge", "Entry",
      "Generator", "Group", "Image", "Label", "Layout", "Limits", "List", "Matrix", "Menu", "Merge",
      "Model", "Options", "Path", "Pattern", "Piece", "Place", "Profile", "Run", "Scene", "Section",
      "Settings", "Shape", "State", "Table", "Text", "Token", "Transaction", "Vector", "View",
    ]
    let sources = fixturesFolder + "/../Sources"
    let modules = [
      "Gobbet", "GobbetBPE", "GobbetCorpus", "GobbetData", "GobbetFile", "GobbetGPT",
      "GobbetInterchange", "GobbetSystem", "GobbetTokenizers",
    ]
    var count = 0
    for module in modules {
      let names =
        FileManager.default.enumerator(atPath: "\(sources)/\(module)")?
        .compactMap { $0 as? String } ?? []
      for name in names where name.hasSuffix(".swift") {
        let text = String(decoding: try readFile("\(sources)/\(module)/\(name)"), as: UTF8.self)
        let declaration =
          /(?:^|\n)(?:@\w+ )*public (?:final |indirect )?(?:struct|class|enum|actor|protocol|typealias) (\w+)/
        for match in text.matches(of: declaration) {
          count += 1
          #expect(!taken.contains(String(match.1)), "\(module)/\(name)")
        }
      }
    }
    #expect(count > 100)
  }
}
