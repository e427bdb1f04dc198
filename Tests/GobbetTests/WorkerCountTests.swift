import Gobbet
import TestSupport
import Testing

@Suite("Numbers of workers") struct WorkerCountTests {
  private let folder: TemporaryFolder
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    text = try folder.write("a.txt", Array("the cat sat on the mat".utf8))
  }

  static let absurd = [-1, 1025, 1 << 40, 1 << 62, .max, .min]

  /// Whether `body` refuses the number with the error that names it.
  private func refuses(
    _ count: Int, _ body: () async throws -> Void, _ location: SourceLocation = #_sourceLocation
  ) async {
    do {
      try await body()
      Issue.record("\(count) workers are taken", sourceLocation: location)
    } catch {
      #expect((error as? WorkerCountError)?.count == count, "\(error)", sourceLocation: location)
    }
  }

  @Test("that no job takes are errors of every job, before anything is written", arguments: absurd)
  func jobs(count: Int) async throws {
    let vocabulary = try PackingCorpus.vocabulary()
    await refuses(count) {
      _ = try await CountingJob(inputs: [text], workerCount: count).result()
    }
    await refuses(count) {
      _ = try await VocabularyUseJob(
        inputs: [text], vocabularies: [vocabulary], workerCount: count
      ).result()
    }
    await refuses(count) {
      _ = try await PretokenCountingJob(inputs: [text], pattern: .gpt2, workerCount: count)
        .result()
    }
    await refuses(count) {
      _ = try await TrainingJob(
        inputs: [text], pattern: .gpt2, options: TrainingOptions(vocabularySize: 260),
        workerCount: count
      ).result()
    }
    let job = PackingJob(inputs: [text], vocabulary: vocabulary, workerCount: count)
    await refuses(count) { _ = try await job.write(to: folder.file("out.gobbet")) }
    await refuses(count) { _ = try await job.write(toFolder: folder.file("out")) }
    await refuses(count) { _ = try await job.dryRun() }
    await refuses(count) {
      _ = try await Tokenizer(vocabulary).encoded(batch: ["a"], workerCount: count)
    }
    #expect(try folder.names() == ["a.txt"])
  }

  @Test("of 0 stand for one per core")
  func zero() async throws {
    let counts = try await CountingJob(inputs: [text], workerCount: 0).result()
    #expect(counts.byteCount == 22)
    let job = PackingJob(
      inputs: [text], vocabulary: try PackingCorpus.vocabulary(), workerCount: 0)
    #expect(try await job.dryRun().tokenCount == 22)
    _ = try await PretokenCountingJob(inputs: [text], pattern: .gpt2, workerCount: 0).result()
  }

  @Test("that no model computes with are errors of a model, of a pass and of loading weights")
  func models() async throws {
    let path = fixturesFolder + "/tinymodel/model.safetensors"
    let input = try #require(try WeightsInput(recognizing: path))
    let layout = try TensorLayout(Array(input.source.tensors.prefix(1)))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.byteCount, alignment: 64)
    defer { unsafe memory.deallocate() }
    let model = try GPT(path: path)
    for count in [0] + Self.absurd {
      #expect(throws: GPTError(.invalidThreadCount(count))) {
        _ = try GPT(path: path, threadCount: count)
      }
      #expect(throws: GPTError(.invalidThreadCount(count))) {
        _ = try ForwardPass(model, threadCount: count)
      }
      await refuses(count) {
        try unsafe await input.source.load(layout, into: memory, threadCount: count)
      }
    }
  }
}
