import GobbetTokenizers

// A program that reads a tokenizer with nothing but the product for apps: `Tests/app.py` looks at what
// it links.
//
//   TokenizerApp TOKENIZER TEXT [PATTERN]
//
// prints the ids of a text.

let arguments = CommandLine.arguments.dropFirst()
if arguments.count < 2 {
  print("usage: TokenizerApp TOKENIZER TEXT [PATTERN]")
} else {
  let path = arguments[1]
  let pattern = arguments.count > 2 ? SplitPattern(named: arguments[3]) : nil
  do {
    let tokenizer = Tokenizer(try Vocabulary(tokenizer: path, pattern: pattern))
    print(tokenizer.encoded(arguments[2]).map(String.init).joined(separator: " "))
  } catch {
    print("error: \(error)")
  }
}
