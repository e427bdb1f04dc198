import GobbetSystem
import TestSupport
import Testing

@Suite("Files of the system") struct FileTests {
  @Test("a file that is committed has its bytes and leaves nothing beside it")
  func commit() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(1)
    let content = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var file = try AtomicFile(folder.file("new"), replacing: false)
    var start = 0
    while start < content.count {
      let end = min(content.count, start + Int.random(in: 1...300_000, using: &generator))
      try file.write(content[start..<end].span)
      start = end
    }
    try file.commit()
    #expect(try readFile(folder.file("new")) == content)
    #expect(try folder.names() == ["new"])
  }

  @Test("a file that is not committed never appears and its temporary file goes")
  func abandon() throws {
    let folder = try TemporaryFolder()
    do {
      var file = try AtomicFile(folder.file("new"), replacing: false)
      try file.write([1, 2, 3].span)
      try file.synchronize()
      #expect(try folder.names().count == 1)
    }
    #expect(try folder.names() == [])
  }

  @Test("a new file is not given a name that is not UTF-8, which the error shows")
  func foreignName() throws {
    let folder = try TemporaryFolder()
    let path = folder.file(pathText([0x63, 0xE9]))
    let refused = #expect(throws: FileError.self) { _ = try AtomicFile(path, replacing: true) }
    #expect(refused?.description == "\(folder.path)/c\\xE9: cannot create: the name is not UTF-8")
    #expect(try folder.names().isEmpty)
  }

  @Test("an existing file is refused, or replaced where that was asked for")
  func existing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", [1])
    let refused = #expect(throws: FileError.self) { _ = try AtomicFile(path, replacing: false) }
    #expect(refused?.description == "\(path): cannot create: file exists")
    var file = try AtomicFile(path, replacing: true)
    try file.write([2].span)
    try file.commit()
    #expect(try readFile(path) == [2])
  }

  @Test("a name that another writer took meanwhile is not overwritten")
  func race() throws {
    let folder = try TemporaryFolder()
    var file = try AtomicFile(folder.file("new"), replacing: false)
    try folder.write("new", [7])
    #expect(throws: FileError.self) { try file.commit() }
    #expect(try readFile(folder.file("new")) == [7])
  }

  @Test("a missing file and a directory are named, with the reason")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: FileError.self) { _ = try InputFile(folder.file("none")) }
    #expect(missing?.operation == .open)
    #expect(missing?.reason == "no such file or directory")
    let directory = #expect(throws: FileError.self) { _ = try MappedFile(folder.path) }
    #expect(directory?.reason == "is a directory")
  }

  @Test("reading at an offset stops at the end of the file")
  func positioned() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("f", Array(0..<100))
    let file = try InputFile(path)
    #expect(file.byteCount == 100)
    #expect(try file.bytes(in: 90..<120) == Array(90..<100))
    let mapped = try MappedFile(path)
    #expect(mapped.bytes.byteCount == 100)
    let byte = unsafe mapped.withUnsafeBytes { unsafe $0[41] }
    #expect(byte == 41)
  }

  @Test("a directory lists its names in the order of their bytes")
  func listing() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "ä", "a", "B"] { try folder.write(name, []) }
    #expect(try directoryEntries(folder.path) == ["B", "a", "b", "ä"])
  }
}
