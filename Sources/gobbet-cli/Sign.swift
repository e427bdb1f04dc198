import ArgumentParser
import Gobbet

/// `gobbet sign`: a signature for what a file holds.
struct Sign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign the contents of a .gobbet file with Ed25519.",
    discussion: """
      The file is verified, then the signature is appended to it. 'gobbet verify --key' checks the \
      signature.
      """)

  @Argument(help: "The file to sign.") var input: String?
  @Option(help: "The file of the private key, NAME.key.") var key: String?
  @Option(help: "Make a key pair in the files NAME.key and NAME.pub.") var makeKey: String?

  func validate() throws {
    guard makeKey != nil ? input == nil && key == nil : input != nil && key != nil else {
      throw ValidationError("give a file and --key, or --make-key alone")
    }
  }

  func run() async throws {
    if let makeKey {
      let publicKey = try KeyFiles.makePair(named: makeKey)
      try writeLine("\(makeKey).key, \(makeKey).pub: public key \(hexadecimal(publicKey))")
    } else if let input, let key {
      let privateKey = try KeyFiles.privateKey(inFile: key)
      let verified = try await FileVerification(
        path: input, checkingSignature: false
      ).container
      guard let signature = ContainerSignature(of: verified.contentID, privateKey: privateKey)
      else { throw Failure(.badData, "\(key): not a private key") }
      var writer = try ContainerWriter(appendingTo: input)
      try writer.add(signature)
      _ = try writer.finish()
      try writeLine(
        "\(input): content id \(verified.contentID) signed by \(hexadecimal(signature.publicKey))")
    }
  }
}
