internal import GobbetData
package import GobbetFile

/// What a job that makes a dataset was asked for: what decides its result, and nothing else.
package struct DatasetPlan: Sendable {
  /// The fingerprint of the vocabulary that the tokens are of.
  package let fingerprint: ContentDigest
  /// The options, in their order.
  package let entries: [(key: String, value: OptionValue)]

  static let kind = "gobbet pack"

  /// A plan with these options.
  package init(fingerprint: ContentDigest, entries: [(key: String, value: OptionValue)]) {
    self.fingerprint = fingerprint
    self.entries = entries
  }

  /// Reads a plan as it stands in a manifest or in `unfinished.json`, whose other members are passed
  /// over; errors call it `path`.
  ///
  /// - Throws: `LoadingError`, `InterchangeError`.
  package init(json text: [UInt8], path: String) throws {
    let root = try JSONDocument(text, path: path).root
    guard let fingerprint = ContentDigest(try root.member("vocabulary")?.string) else {
      throw LoadingError(path: path, reason: "names no vocabulary")
    }
    self.init(
      fingerprint: fingerprint, entries: try Self.entries(try root.member("options"), path))
  }

  /// The plan as JSON, followed by `members`.
  func json(_ members: [(key: String, value: JSONOutput)]) -> [UInt8] {
    JSONOutput.object(
      [
        ("kind", .text(Self.kind)),
        ("version", .number(DatasetManifest.version)),
        ("vocabulary", .text(fingerprint.description)),
        ("options", .object(entries.map { ($0.key, $0.value.json) })),
      ] + members
    ).lines
  }

  /// Checks that the file at `path`, an unfinished job's or a manifest, is of this plan.
  ///
  /// - Throws: `LoadingError` that names the first difference; `InterchangeError`,
  ///   `FileError`.
  func check(_ path: String) throws {
    let root = try DatasetManifest.document(OpenedFile(path)).root
    guard let found = ContentDigest(try root.member("vocabulary")?.string) else {
      throw LoadingError(path: path, reason: "names no vocabulary")
    }
    guard found == fingerprint else {
      throw LoadingError(
        path: path, reason: "was begun with vocabulary \(found), not with \(fingerprint)")
    }
    let theirs = try Self.entries(try root.member("options"), path)
    for (key, value) in entries {
      let other = theirs.first { $0.key == key }?.value ?? .none
      guard other == value else {
        throw LoadingError(
          path: path, reason: "was begun with \(key) \(other), not with \(value)")
      }
    }
  }

  /// The options in a plan or a manifest.
  ///
  /// - Throws: `LoadingError` if they are none.
  /// - Complexity: linear in their bytes.
  static func entries(
    _ object: JSONValue?, _ path: String
  ) throws -> [(key: String, value: OptionValue)] {
    guard let object, object.isObject else {
      throw LoadingError(path: path, reason: "has no options")
    }
    var entries: [(key: String, value: OptionValue)] = []
    var keys: Set<String> = []
    try object.forEach { key, member in
      let key = String(decoding: key, as: UTF8.self)
      guard keys.insert(key).inserted else {
        throw LoadingError(path: path, reason: "its option \(key) is there twice")
      }
      entries.append((key, OptionValue(member)))
    }
    return entries
  }
}
