import Foundation

/// An archive as PyTorch writes it, around a pickle.
enum PickleArchive {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// The bytes of the archive: the pickle, and storages from `0` to `3` of 64 bytes.
  static func bytes(of pickle: [UInt8]) -> [UInt8] {
    func word(_ value: Int, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    let storage = (0..<64).map { UInt8($0) }
    let members = [("a/data.pkl", pickle)] + (0..<4).map { ("a/data/\($0)", storage) }
    for (name, bytes) in members {
      let name = Array(name.utf8)
      let fields =
        word(0, 2) + word(0, 2) + word(0) + word(Int(checksum(bytes))) + word(bytes.count)
        + word(bytes.count) + word(name.count, 2) + word(0, 2)
      directory +=
        word(0x0201_4B50) + word(0, 2) + word(0, 2) + fields + word(0, 6) + word(0)
        + word(file.count) + name
      file += word(0x0403_4B50) + word(0, 2) + fields + name + bytes
    }
    let end =
      word(0x0605_4B50) + word(0) + word(members.count, 2) + word(members.count, 2)
      + word(directory.count) + word(file.count) + word(0, 2)
    return file + directory + end
  }

  /// Writes the archive around the pickle in one file to another.
  static func write(_ pickle: String, to archive: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: pickle)))
    try Data(Self.bytes(of: bytes)).write(to: URL(filePath: archive))
  }
}
