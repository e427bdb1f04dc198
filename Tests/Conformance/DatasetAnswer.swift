import Gobbet
import GobbetData
import GobbetFile
import GobbetInterchange

/// What a folder of token files holds, in the words of `Tests/reader/README.md`.
struct DatasetAnswer: Encodable {
  struct Split: Encodable {
    let name: String
    let tokenCount: Int
    let documentCount: Int
    let contentID: String
    let shards: [String]
  }

  let vocabulary: String
  let splits: [Split]

  /// Reads the folder at `path`.
  init(_ path: String) throws {
    let manifest = try DatasetManifest(contentsOf: path + "/" + DatasetManifest.fileName)
    var fault: (any Error)?
    manifest.check(in: path) { fault = fault ?? $1 }
    if let fault { throw fault }
    vocabulary = manifest.fingerprint.description
    splits = try manifest.splits.map { split in
      let dataset = try TokenDataset(recognizing: path, split: split.name)
      return Split(
        name: split.name.rawValue, tokenCount: dataset.tokenCount,
        documentCount: dataset.documentCount, contentID: dataset.contentID.description,
        shards: split.shards.map(\.name))
    }
  }
}
