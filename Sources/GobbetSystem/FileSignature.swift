/// A file format that the first bytes of a file give away.
///
/// Formats whose content is text, or that Gobbet reads compressed text from (gzip and zstd), are
/// told apart elsewhere.
package struct FileSignature: Hashable, Sendable {
  /// What such a file is, with its article: `a Parquet file`.
  package let name: String
  /// A program that writes the file's text to standard output when it is given the path; nil if
  /// there is none.
  package let textProgram: String?
  /// What to do with the file where no program writes its text, as a command to the reader.
  package let advice: String?

  private static let parquetName = "a Parquet file"

  /// Whether it is that of a Parquet file.
  package var isParquet: Bool { name == Self.parquetName }

  /// Whether it is that of one compressed file, whose program reads from a pipe as well.
  package var isCompressed: Bool { Self.compressed.contains { $0.signature == self } }

  private init(_ name: String, program: String? = nil, advice: String? = nil) {
    self.name = name
    textProgram = program
    self.advice = advice
  }

  /// The format that a file with these first bytes has; nil if they are of none that is known.
  ///
  /// Letters alone aren't proof, since a text may begin with them too: where a format has nothing
  /// else at its start, the bytes must not be text. 4 KiB are enough to tell.
  package init?(start: some RandomAccessCollection<UInt8>) {
    let start = Array(start.prefix(4096))
    let found = Self.table.first { entry in
      start.count >= entry.offset + entry.magic.count
        && start[entry.offset...].starts(with: entry.magic)
    }
    guard let found else { return nil }
    let isProof = !found.magic.allSatisfy { (0x20..<0x7F).contains($0) }
    guard isProof || SampledContent(start, isWhole: false) != .utf8 else { return nil }
    self = found.signature
  }

  private static let table: [(offset: Int, magic: [UInt8], signature: FileSignature)] =
    compressed + archives + webArchives + tables + models + media

  private static func entry(
    _ magic: [UInt8], at offset: Int = 0, _ name: String, program: String? = nil,
    advice: String? = nil
  ) -> (offset: Int, magic: [UInt8], signature: FileSignature) {
    (offset, magic, FileSignature(name, program: program, advice: advice))
  }

  private static func entry(
    _ magic: String, at offset: Int = 0, _ name: String, program: String? = nil,
    advice: String? = nil
  ) -> (offset: Int, magic: [UInt8], signature: FileSignature) {
    entry(Array(magic.utf8), at: offset, name, program: program, advice: advice)
  }

  private static let compressed = [
    entry("BZh", "bzip2 data", program: "bzcat"),
    entry([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz data", program: "xzcat"),
    entry([0x5D, 0x00, 0x00], "lzma data", program: "xzcat"),
    entry([0x04, 0x22, 0x4D, 0x18], "lz4 data", program: "lz4cat"),
    entry([0x02, 0x21, 0x4C, 0x18], "lz4 data", program: "lz4cat"),
    entry("LZIP", "lzip data", program: "lzip -dc"),
    entry([0x1F, 0x9D], "data of compress", program: "zcat"),
    entry([0x89, 0x4C, 0x5A, 0x4F], "lzop data", program: "lzop -dc"),
    entry([0xFF, 0x06, 0x00, 0x00, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59], "snappy data"),
  ]

  private static let archives = [
    entry([0x50, 0x4B, 0x03, 0x04], "a zip archive", program: "unzip -p"),
    entry([0x50, 0x4B, 0x05, 0x06], "an empty zip archive"),
    entry("ustar", at: 257, "a tar archive", program: "tar -xOf"),
    entry([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", program: "7z x -so"),
    entry([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07], "a RAR archive", program: "unrar p -inul"),
  ]

  /// Each record of a WARC file, of which WET files are one sort, begins with a line of its version.
  private static let webArchives = ["1.0", "1.1", "0.18", "0.17"].flatMap { version in
    ["\r\n", "\n"].map {
      entry("WARC/\(version)\($0)", "a WARC file", program: "python -m gobbet.warc")
    }
  }

  private static let toJSONLines =
    "convert it to JSON Lines, as pandas does with to_json(orient=\"records\", lines=True)"

  private static let tables = [
    entry("PAR1", parquetName, program: "python -m gobbet.parquet"),
    entry("ARROW1", "an Arrow file", advice: toJSONLines),
    entry([0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream or other binary data", advice: toJSONLines),
    entry("ORC", "an ORC file", advice: toJSONLines),
    entry([0x4F, 0x62, 0x6A, 0x01], "an Avro file", advice: toJSONLines),
    entry("SQLite format 3\0", "an SQLite database", program: "sqlite3 -readonly"),
    entry(
      [0x89, 0x48, 0x44, 0x46], "an HDF5 file",
      advice: "convert it with h5py and numpy.savez, as Keras 2's weights, too"),
  ]

  private static let models = [
    entry(
      [0x97, 0x47, 0x42, 0x54], "a Gobbet file",
      advice: "gobbet inspect says what it holds, and gobbet decode prints the text of tokens"),
    entry("GGUF", "a GGUF file"),
    entry("lmgg", "a GGML file", advice: "convert it to GGUF with llama.cpp"),
    entry("tjgg", "a GGML file", advice: "convert it to GGUF with llama.cpp"),
    entry("fmgg", "a GGML file", advice: "convert it to GGUF with llama.cpp"),
    entry([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
    entry([0x80, 0x02], "a Python pickle"),
    entry([0x80, 0x03], "a Python pickle"),
    entry([0x80, 0x04, 0x95], "a Python pickle"),
    entry([0x80, 0x05, 0x95], "a Python pickle"),
  ]

  private static let media = [
    entry([0x89, 0x50, 0x4E, 0x47], "a PNG image"),
    entry([0xFF, 0xD8, 0xFF], "a JPEG image"),
    entry("GIF8", "a GIF image"),
    entry("%PDF-", "a PDF document", advice: "take its text out with pdftotext"),
    entry("RIFF", "a RIFF file (WebP, WAV or AVI)"),
    entry("OggS", "an Ogg file"),
    entry("fLaC", "a FLAC file"),
    entry("ID3", "an MP3 file"),
    entry("ftyp", at: 4, "an MP4 file"),
    entry([0x1A, 0x45, 0xDF, 0xA3], "a Matroska file"),
    entry([0x7F, 0x45, 0x4C, 0x46], "an ELF program"),
    entry([0xCA, 0xFE, 0xBA, 0xBE], "a Java class or Mach-O program"),
    entry([0xCF, 0xFA, 0xED, 0xFE], "a Mach-O program"),
    entry([0x00, 0x61, 0x73, 0x6D], "a WebAssembly module"),
    entry([0xD0, 0xCF, 0x11, 0xE0], "an old Microsoft Office document"),
  ]
}
