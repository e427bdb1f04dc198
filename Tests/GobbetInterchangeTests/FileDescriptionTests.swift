import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Files that were not meant") struct FileDescriptionTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Content, the name that it must get, and a word of the way out.
  static let files: [(content: [UInt8], name: String, advice: String?)] = [
    (
      bytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"),
      "a Git LFS pointer", "git lfs pull"
    ),
    (bytes("/annex/objects/SHA256E-s1--00\n"), "a git-annex pointer", "git annex get"),
    (bytes("\u{FEFF}\n <!DOCTYPE html><html>"), "an HTML page", "download the file again"),
    (bytes("<HTML><body>404"), "an HTML page", "download the file again"),
    (bytes("<?xml version=\"1.0\"?><Error>"), "an XML document", "download the file again"),
    (bytes(#"{"error":"Repository not found"}"#), "an error message of a server", "Repository"),
    (
      bytes(#"{"metadata": {}, "weight_map": {"a": "b"}}"#), "an index of safetensors shards", nil
    ),
    (bytes(#"{"tokenizer_class": "GPT2Tokenizer"}"#), "a tokenizer_config.json", "vocab.json"),
    (bytes(#"{"architectures": ["GPT2LMHeadModel"]}"#), "a model's config.json", "beside it"),
    (bytes("#version: 0.2\nt h\n"), "a list of merges", "vocab.json"),
    ([0x80, 0x02, 0x8A], "a pickle of Python or PyTorch", "safetensors"),
    ([0x80, 0x03, 0x7D], "a Python pickle", nil),
    ([0x1F, 0x8B, 8, 0], "gzip data", "gunzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd data", "unzstd"),
    (bytes("BZh91AY&SY") + [0xFF, 0], "bzip2 data", "bzcat"),
    (bytes("PAR1") + [0x15, 0], "a Parquet file", nil),
    (bytes("ustarless words"), "text of no known format", nil),
    (bytes("PAR1, a golf course"), "text of no known format", nil),
    ([1, 2, 3, 0, 0xFF], "binary data of no known format", nil), ([], "empty", nil),
  ]

  @Test("a file that isn't a vocabulary is called what it is, with the way out", arguments: files)
  func descriptions(content: [UInt8], name: String, advice: String?) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("given", content)
    let description = try FileDescription(describing: path)
    #expect(description.name == name)
    if let advice { #expect(description.advice?.contains(advice) == true) }
    let error = #expect(throws: LoadingError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(error?.reason.contains(name) == true, "\(String(describing: error))")
  }

  @Test("ranks whose first line isn't one are told which line it is")
  func ranks() throws {
    for (text, line) in [("!!! 0\n", 1), ("\n\naGk= x\n", 3)] {
      let description = FileDescription(start: Self.bytes(text), name: "v.tiktoken", isWhole: true)
      #expect(description.name == "text whose line \(line) isn't base64, white space and a rank")
    }
  }

  @Test("a shard is told by its name")
  func shards() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "model-00002-of-00003.safetensors", [2, 0, 0, 0, 0, 0, 0, 0] + Self.bytes("{}"))
    #expect(
      try FileDescription(describing: path).name == "shard 2 of 3 of safetensors weights")
    let error = #expect(throws: LoadingError.self) { _ = try Vocabulary(recognizing: path) }
    #expect(error?.description.hasSuffix("of safetensors weights, not a vocabulary") == true)
  }
}
