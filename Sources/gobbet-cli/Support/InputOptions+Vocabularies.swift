import Gobbet

extension InputOptions {
  /// How the texts use each of the vocabularies, shown while they are read.
  ///
  /// - Throws: ``Failure`` (`usage`); the errors of reading; `CancellationError` if a signal has come.
  func uses(
    of vocabularies: [Vocabulary], _ threads: ThreadOptions, _ report: ReportOptions
  ) async throws -> [VocabularyUse] {
    let inputs = try inputs()
    let corpus = try corpus()
    Interruption.watch("nothing was measured, run the command again")
    let progress = Progress(report.progress)
    let uses = try await VocabularyUseJob(
      inputs: inputs, corpus: corpus, vocabularies: vocabularies, workerCount: threads.count
    ).result { byteCount in
      progress.update(progress.bytes(byteCount))
      return !Interruption.isRequested
    }
    progress.finish()
    try corpus.finish()
    return uses
  }
}
