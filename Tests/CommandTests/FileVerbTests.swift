import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("What is done to files") struct FileVerbTests {
  /// A copy of `file` in `folder`, its bytes changed by `change`.
  func copy(
    _ file: String, in folder: TemporaryFolder, _ name: String = "copy.gobbet",
    _ change: (inout [UInt8]) -> Void = { _ in }
  ) throws -> String {
    var bytes = try readFile(file)
    change(&bytes)
    return try folder.write(name, bytes)
  }

  func object(_ result: CommandResult) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
  }

  // MARK: pipes

  @Test("a file is read from standard input and from pipes as from its path")
  func pipes() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let gobbet = productPath("gobbet")
    func shell(_ script: String) throws -> CommandResult {
      try run(
        "/usr/bin/env",
        ["bash", "-c", script, "bash", gobbet, shop.vocabulary, shop.model, folder.path])
    }
    for script in [
      #"cat "$2" | "$1" verify -"#, #""$1" verify - < "$2""#, #""$1" diff "$2" <(cat "$2")"#,
      #"cat "$3" | "$1" convert - -o "$4/m.gguf""#, #""$1" inspect <(cat "$3")"#,
      #"cat "$2" | "$1" encode -v - --text hi"#,
    ] {
      let result = try shell(script)
      #expect(result.status == 0, "\(script): \(result.errorText)")
    }
    #expect(try folder.names() == ["m.gguf"])
    let nothing = try run(gobbet, ["inspect", "-"])
    #expect(nothing.status == 65, "\(nothing.errorText)")
    // Nobody may ever write into a named pipe.
    let named = try shell(#"mkfifo "$4/p"; "$1" inspect "$4/p""#)
    expectOneLine(named, 66, "not a regular file")
  }

  // MARK: verify

  @Test("verify checks every Gobbet file of a model's folder, and says so of a folder without one")
  func modelFolder() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    _ = try copy(shop.model, in: folder, "model-00001-of-00002.gobbet")
    _ = try copy(shop.model, in: folder, "model-00002-of-00002.gobbet") { $0[$0.count / 2] ^= 1 }
    try folder.write("config.json", Array("{}".utf8))
    let result = try gobbet("verify", folder.path)
    #expect(result.status == 1)
    #expect(result.text.contains("model-00001-of-00002.gobbet: ok"))
    #expect(result.errorText.contains("model-00002-of-00002.gobbet: "))
    #expect(!result.errorText.contains("config.json"))
    expectOneLine(
      try gobbet("verify", fixturesFolder + "/tinymodel"), 66,
      "without a manifest.json or a .gobbet file")
  }

  // MARK: diff

  @Test("a file does not differ from its copy")
  func sameFiles() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    for file in [shop.vocabulary, shop.dataset, shop.model] {
      let result = try gobbet("diff", file, try copy(file, in: folder))
      #expect(result.status == 0, "\(result.text)\(result.errorText)")
      #expect(result.text.isEmpty)
    }
  }

  @Test("the same content stored otherwise isn't a difference")
  func otherStorage() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let raw = folder.file("raw.gobbet")
    #expect(
      try gobbet(
        "convert", fixturesFolder + "/tinymodel/model.safetensors", "--codec", "raw", "-o", raw
      ).status == 0)
    #expect(try readFile(raw) != readFile(shop.model))
    #expect(try gobbet("diff", shop.model, raw).status == 0)
    let packed = folder.file("packed.gobbet")
    #expect(
      try gobbet(
        "pack", fixturesFolder + "/corpus", "--vocabulary", shop.vocabulary, "--append",
        "<|endoftext|>", "--codec", "packed", "-o", packed
      ).status == 0)
    #expect(try gobbet("diff", shop.dataset, packed).status == 0)
  }

  @Test("datasets of other documents differ with 1, and the first token that does is named")
  func otherTokens() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let other = folder.file("other.gobbet")
    #expect(
      try gobbet(
        "pack", fixturesFolder + "/corpus-heldout", "-v", shop.vocabulary, "-o", other
      ).status == 0)
    let result = try gobbet("diff", shop.dataset, other)
    #expect(result.status == 1)
    #expect(result.text.contains("tokens: the first that differs is "))
    let report = try object(try gobbet("diff", shop.dataset, other, "--json"))
    #expect(report["same"] as? Bool == false)
    let tokens = try #require(report["tokens"] as? [String: Any])
    #expect(tokens["vocabularies_differ"] as? Bool == false)
    #expect(tokens["first_token"] is [String: Any])
  }

  @Test("files of different kinds differ by their sections")
  func otherKinds() throws {
    let shop = try Workshop.shared.get()
    let result = try gobbet("diff", shop.dataset, shop.vocabulary)
    #expect(result.status == 1)
    #expect(result.text.contains("section TOKN: only in the first"))
    #expect(!result.text.contains("VOCB"))
  }

  @Test("a damaged file ends diff with 65")
  func damagedDifference() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let cut = try copy(shop.model, in: folder) { $0.removeLast(1) }
    #expect(try gobbet("diff", shop.model, cut).status == 65)
  }

  // MARK: recover

  @Test("a whole file is recovered as it is, with 0")
  func wholeRecovery() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let output = folder.file("new.gobbet")
    let result = try gobbet("recover", shop.dataset, "-o", output)
    #expect(result.status == 0, "\(result.text)\(result.errorText)")
    #expect(try gobbet("diff", shop.dataset, output).status == 0)
    #expect(try gobbet("recover", shop.dataset, "-o", output).status == 73)
  }

  @Test("a file cut in a section is recovered up to there, with 1, and what was lost is said")
  func cutRecovery() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let cut = try copy(shop.dataset, in: folder) { $0.removeLast($0.count / 2) }
    let output = folder.file("new.gobbet")
    let result = try gobbet("recover", cut, "-o", output, "--json")
    #expect(result.status == 1, "\(result.errorText)")
    let report = try object(result)
    #expect(try #require(report["lost_bytes"] as? Int) > 0)
    #expect(try #require(report["recovered"] as? [Any]).count > 1)
    #expect(try gobbet("inspect", output).status == 0)
    #expect(try gobbet("encode", "--text", "a", "-v", output).status == 0)
  }

  @Test("a damaged section is left behind and named")
  func damagedRecovery() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let damaged = try copy(shop.model, in: folder) { $0[$0.count / 2] ^= 1 }
    let result = try gobbet("recover", damaged, "-o", folder.file("new.gobbet"))
    #expect(result.status == 1)
    #expect(result.text.contains("lost: "))
    #expect(result.text.contains("section.payload"))
    let difference = try gobbet("diff", shop.model, folder.file("new.gobbet"))
    #expect(difference.status == 1)
    #expect(difference.text == "section TDAT: only in the first\n")
  }

  // MARK: sign

  @Test("a file that decodes to far more than its size is refused by verify, with the way out")
  func decodingBudget() throws {
    let folder = try TemporaryFolder()
    let shop = try Workshop.shared.get()
    let zeros = try folder.write("zeros.npy", Self.zeros(4 << 20))
    let weights = folder.file("zeros.gobbet")
    #expect(try gobbet("convert", zeros, "-o", weights, "--codec", "compact").status == 0)
    for (path, field) in [(weights, "tensors.shape"), (shop.dataset, "tokens.tokenCount")] {
      let refused = try run(
        productPath("gobbet"), ["verify", path], environment: ["GOBBET_DECODING_BUDGET": "100"])
      #expect(refused.status == 1)
      let told = "100 allowed of a file of this size"
      #expect(refused.errorText.contains(told), "\(refused.errorText)")
      #expect(
        refused.errorText.contains(field) || refused.errorText.contains("section.byteCount"),
        "\(refused.errorText)")
      #expect(try gobbet("verify", path).status == 0)
    }
  }

  /// A NumPy array of so many 32-bit zeros.
  private static func zeros(_ count: Int) -> [UInt8] {
    var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(count),), }".utf8)
    while (header.count + 11).isMultiple(of: 64) == false { header.append(0x20) }
    header.append(0x0A)
    let length = header.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header
      + [UInt8](repeating: 0, count: 4 * count)
  }

  @Test("a signed file verifies with its key, and with no other")
  func signing() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let file = try copy(shop.dataset, in: folder)
    for name in ["own", "other"] {
      #expect(try gobbet("sign", "--make-key", folder.file(name)).status == 0)
    }
    #expect(try gobbet("verify", file, "--key", folder.file("own.pub")).status == 1)
    let signed = try gobbet("sign", file, "--key", folder.file("own.key"))
    #expect(signed.status == 0, "\(signed.errorText)")
    let verified = try gobbet("verify", file, "--key", folder.file("own.pub"), "--json")
    #expect(verified.status == 0, "\(verified.errorText)")
    let key = String(
      decoding: try readFile(folder.file("own.pub")).suffix(65).dropLast(), as: UTF8.self)
    #expect(try object(verified)["signed_by"] as? String == key)
    #expect(try gobbet("verify", file, "--key", key).status == 0)
    let refused = try gobbet("verify", file, "--key", folder.file("other.pub"))
    #expect(refused.status == 1)
    #expect(refused.errorText.contains("signed with another key"))
    #expect(try gobbet("diff", file, shop.dataset).status == 0)
    // Signing anew puts the new signature in the place of the old one.
    #expect(try gobbet("sign", file, "--key", folder.file("other.key")).status == 0)
    #expect(try gobbet("verify", file, "--key", folder.file("other.pub")).status == 0)
  }

  @Test("a private key is for its owner only, and no key is overwritten")
  func keyFiles() throws {
    let folder = try TemporaryFolder()
    #expect(try gobbet("sign", "--make-key", folder.file("k")).status == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("k.key"))
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let before = try readFile(folder.file("k.key"))
    #expect(try gobbet("sign", "--make-key", folder.file("k")).status == 73)
    #expect(try readFile(folder.file("k.key")) == before)
  }

  @Test(
    "a public key does not sign and a private one does not verify, in files of today and of 0.1")
  func kindsOfKeys() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let file = try copy(shop.vocabulary, in: folder)
    #expect(try gobbet("sign", "--make-key", folder.file("k")).status == 0)
    for ending in ["key", "pub"] {
      // Files of 0.1 have the digits alone.
      let lines = try readFile(folder.file("k.\(ending)")).split(separator: 0x0A)
      #expect(lines.count == 2)
      _ = try folder.write("old.\(ending)", Array(lines[1]) + [0x0A])
      _ = try folder.write("old-\(ending)", Array(lines[1]) + [0x0A])
      _ = try folder.write("marked-\(ending)", try readFile(folder.file("k.\(ending)")))
    }
    let before = try readFile(file)
    for name in ["k.pub", "old.pub", "marked-pub"] {
      let refused = try gobbet("sign", file, "--key", folder.file(name))
      #expect(refused.status == 65)
      #expect(refused.errorText.contains("\(name): a public key, which verifies"))
    }
    for verb in ["sign", "verify"] {
      let refused = try gobbet(verb, file, "--key", folder.file("old-key"))
      #expect(refused.status == 65)
      #expect(refused.errorText.contains("private or a public key"))
    }
    #expect(try readFile(file) == before)
    for name in ["k.key", "old.key", "marked-key"] {
      #expect(try gobbet("sign", file, "--key", folder.file(name)).status == 0, "\(name)")
      let refused = try gobbet("verify", file, "--key", folder.file(name))
      #expect(refused.status == 65)
      #expect(refused.errorText.contains("\(name): a private key, which signs"))
    }
    for name in ["k.pub", "old.pub", "marked-pub"] {
      #expect(try gobbet("verify", file, "--key", folder.file(name)).status == 0, "\(name)")
    }
  }

  @Test("what isn't a key ends with 65, and a half-given call with 2")
  func badKeys() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let file = try copy(shop.vocabulary, in: folder)
    let key = try folder.write("bad.key", Array("not a key\n".utf8))
    #expect(try gobbet("sign", file, "--key", key).status == 65)
    #expect(try gobbet("verify", file, "--key", key).status == 65)
    #expect(try gobbet("sign", file).status == 2)
    #expect(try gobbet("sign", file, "--make-key", folder.file("x")).status == 2)
  }

  @Test("a conversion tells a program what it wrote, and what it left out, in one object")
  func conversionReport() throws {
    let folder = try TemporaryFolder()
    let weights = folder.file("model.gobbet")
    func report(_ arguments: String...) throws -> [String: Any] {
      let result = try run(productPath("gobbet"), ["convert"] + arguments + ["--json"])
      #expect(result.status == 0 && result.errorText.isEmpty, "\(result.errorText)")
      return try #require(
        JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    }
    let model = try report(fixturesFolder + "/tinymodel/model.safetensors", "-o", weights)
    #expect(model["output"] as? String == weights)
    #expect(model["tensors"] as? Int ?? 0 > 0 && model["has_vocabulary"] as? Bool == true)
    #expect(model["vocabulary_ids"] == nil)
    let vocabulary = try report(weights, "-o", folder.file("v.tiktoken"))
    #expect(vocabulary["vocabulary_ids"] as? Int ?? 0 > 256 && vocabulary["tensors"] == nil)
    let notes = try #require(vocabulary["notes"] as? [String])
    #expect(notes.contains { $0.contains("left out") })
    let refused = try gobbet("convert", weights, "--to", "tiktoken", "-o", "-", "--json")
    expectOneLine(refused, 2, "--json")
  }

  @Test(
    "inspect reads the files of others", arguments: ["model.safetensors", "tokenizer.json"])
  func foreign(name: String) throws {
    let result = try gobbet("inspect", fixturesFolder + "/tinymodel/" + name)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.contains(name == "tokenizer.json" ? "1,024 ids" : "52 tensors"))
  }
}
