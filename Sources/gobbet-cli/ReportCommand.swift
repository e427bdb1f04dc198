import ArgumentParser
import Gobbet
import GobbetReport

/// `gobbet report`: a file → a page about it.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write an HTML page about vocabularies, a text, a dataset, weights or a model's run.",
    discussion: """
      The content of the files decides what the page shows: the tokens of one or two vocabularies, the \
      documents and blocks of a token dataset, or the tensors of one or two files of weights. With --text \
      it shows how up to four vocabularies split the text, or how a model reads it. The page needs no \
      other file and no network.
      """)

  @Argument(
    help: ArgumentHelp("Files, folders of shards, or names of vocabularies.", valueName: "files"))
  var files: [String]

  @Option(name: .shortAndLong, help: "The HTML file to write, or - for standard output.")
  var output: String

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.") var force = false

  @Option(help: "The text that vocabularies split or a model reads; - for standard input.")
  var text: String?

  @Option(help: "A file or folder of text to measure vocabularies on; repeatable.")
  var corpus: [String] = []

  @Option(help: "The id or the text of a token whose merges to show; repeatable.")
  var token: [String] = []

  @Option(
    name: [.customShort("v"), .long],
    help: "The vocabulary, if a dataset or a model doesn't embed one.")
  var vocabulary: String?

  @Option(help: "The split to read when the input is a folder of shards. (default: train)")
  var split: DatasetSplit?

  @Option(
    parsing: .unconditional,
    help: "The layer whose attention to show; the first is 0. (default: the one in the middle)",
    transform: Number.whole(0...100_000))
  var layer: Int?

  @Option(
    parsing: .unconditional,
    help: "The head whose attention to show; the first is 0. (default: the first eight)",
    transform: Number.whole(0...100_000))
  var head: Int?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws {
    let name = output.split(separator: "/").last.map(String.init) ?? output
    if FileFormat(ofFileNamed: name) != nil {
      throw ValidationError(
        "--output: \(output): this verb writes pages only; give a name that ends in .html")
    }
    if output != "-", (files + corpus).contains(output) {
      throw ValidationError("--output: \(output) is an input too; give the page another name")
    }
  }

  func run() async throws {
    let (inputs, kind) = try ReportInput.all(files, withText: text != nil)
    try checkOptions(kind)
    if output != "-" { _ = try AtomicFile(output, replacing: force) }
    Interruption.watch("no page was written, run the command again")
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    let document =
      switch kind {
      case .vocabularies: try await vocabularies(inputs, progress)
      case .text: try textPage(inputs)
      case .dataset: try dataset(inputs[0], progress)
      case .weights: try weights(inputs, progress)
      case .run: try modelRun(inputs[0], progress)
      }
    progress.finish()
    if output == "-" { return try StandardOutput.write(document.utf8) }
    var file = try AtomicFile(output, replacing: force)
    try file.write(Array(document.utf8).span)
    try file.commit()
    try writeLine(
      "\(output): a page about \(kind.rawValue), \(document.utf8.count.grouped("byte"))")
  }

  /// Refuses options that do nothing for this kind of page.
  private func checkOptions(_ kind: ReportKind) throws(Failure) {
    let given: [(option: String, isGiven: Bool, kinds: [ReportKind])] = [
      ("--text", text != nil, [.text, .run]), ("--corpus", !corpus.isEmpty, [.vocabularies]),
      ("--token", !token.isEmpty, [.vocabularies]),
      ("--vocabulary", vocabulary != nil, [.dataset, .run]), ("--split", split != nil, [.dataset]),
      ("--layer", layer != nil, [.run]), ("--head", head != nil, [.run]),
      ("--threads", threads.threads != 0, [.vocabularies, .run]),
    ]
    for (option, isGiven, kinds) in given where isGiven && !kinds.contains(kind) {
      throw Failure(.usage, "\(option): does nothing for a page about \(kind.rawValue)")
    }
    if threads.threads != 0, kind == .vocabularies, corpus.isEmpty {
      throw Failure(.usage, "--threads: does nothing without --corpus")
    }
  }

  private func vocabularies(
    _ inputs: [ReportInput], _ progress: Progress
  ) async throws -> String {
    let loaded = try inputs.map { try $0.vocabulary() }
    var uses: [VocabularyUse?] = loaded.map { _ in nil }
    if !corpus.isEmpty {
      uses = try await VocabularyUseJob(
        inputs: corpus, vocabularies: loaded, workerCount: threads.count
      ).result { byteCount in
        progress.update(progress.bytes(byteCount))
        return !Interruption.isRequested
      }
    }
    let ids = try token.map { try tokenID($0, in: loaded[0]) }
    let entries = zip(files, zip(loaded, uses)).map {
      VocabularyPage.Entry(name: $0, $1.0, use: $1.1)
    }
    return VocabularyPage(entries, showing: ids).document
  }

  private func tokenID(_ token: String, in vocabulary: Vocabulary) throws(Failure) -> TokenID {
    guard let id = TokenID(token) ?? vocabulary.id(of: Array(token.utf8)),
      vocabulary.bytes(of: id) != nil
    else { throw Failure(.usage, "--token: the vocabulary has no token \(token.debugDescription)") }
    return id
  }

  private func givenText() throws -> [UInt8] {
    text == "-" ? try readAll("-") : Array((text ?? "").utf8)
  }

  private func textPage(_ inputs: [ReportInput]) throws -> String {
    let vocabularies = try inputs.map { (name: $0.path, vocabulary: try $0.vocabulary()) }
    return try TextPage(try givenText(), vocabularies).document
  }

  private func dataset(_ input: ReportInput, _ progress: Progress) throws -> String {
    if split != nil, try input.opened().format() == .gobbet {
      throw Failure(.usage, "--split: does nothing for a single file")
    }
    return try DatasetPage(
      input.opened(), path: input.path, split: split ?? .train,
      vocabulary: try vocabulary.map { try loadVocabulary($0) }
    ) { done, all in
      progress.showTokens(done, of: all)
    }.document
  }

  private func weights(_ inputs: [ReportInput], _ progress: Progress) throws -> String {
    try WeightsPage(
      inputs[0].opened(), comparedWith: inputs.dropFirst().first?.opened()
    ) { done, all in
      progress.showBytes(done, of: all)
    }.document
  }

  private func modelRun(_ input: ReportInput, _ progress: Progress) throws -> String {
    let model = try input.file.map { try ModelFile($0) } ?? ModelFile(input.path)
    let generation = try TextGeneration(
      model, vocabulary: try vocabulary.map { try loadVocabulary($0) },
      threadCount: threads.count)
    let architecture = generation.model.architecture
    for (option, number, count) in [
      ("--layer", layer, architecture.layers.count), ("--head", head, architecture.headCount),
    ] {
      if let number, number >= count {
        throw Failure(.usage, "\(option): the model has \(count), of which 0 is the first")
      }
    }
    let text = String(decoding: try givenText(), as: UTF8.self)
    guard !generation.tokens(of: text).isEmpty else {
      throw Failure(.usage, "--text: has no tokens, so there is nothing to read")
    }
    var options = ModelRunPage.Options()
    (options.layer, options.head, options.threadCount) = (layer, head, threads.count)
    return try ModelRunPage(path: input.path, generation, text: text, options) { done, all in
      progress.showTokens(done, of: all)
    }.document
  }
}
