import Foundation
import TestSupport
import Testing

@Suite("How far a job is") struct ProgressTests {
  /// A verb that shows how far it is, what a line of it holds, and what it is called with.
  struct Job: Sendable, CustomTestStringConvertible {
    let verb: String
    let shows: String
    let arguments: @Sendable (_ output: String, _ shop: Workshop) -> [String]

    var testDescription: String { verb }
    /// How the verb ends: files that differ are an answer, and not 0.
    var status: CInt { verb == "diff" ? 1 : 0 }
  }

  private static let corpus = fixturesFolder + "/corpus"
  private static let model = fixturesFolder + "/tinymodel/model.safetensors"

  static let jobs: [Job] = [
    Job(verb: "train", shows: "merging: ") { output, _ in
      ["train", corpus, "--size", "600", "-o", output]
    },
    Job(verb: "counts of", shows: "unique pretokens") { output, _ in
      ["counts", "of", corpus, "-o", output]
    },
    Job(verb: "count", shows: " bytes") { _, _ in ["count", corpus] },
    Job(verb: "pack", shows: " tokens, ") { output, shop in
      ["pack", corpus, "-v", shop.vocabulary, "-o", output]
    },
    Job(verb: "merge", shows: " s left") { output, shop in
      ["merge", shop.dataset, shop.dataset, "-o", output]
    },
    Job(verb: "shuffle", shows: " s left") { output, shop in
      ["shuffle", shop.dataset, "-o", output]
    },
    Job(verb: "convert", shows: " MB") { output, _ in ["convert", model, "-o", output] },
    Job(verb: "merge-lora", shows: " MB") { output, shop in
      ["merge-lora", model, adapter(shop), "-o", output]
    },
    Job(verb: "export", shows: " tokens") { output, shop in
      ["export", shop.dataset, "--to", "numpy", "-o", output + ".npy"]
    },
    Job(verb: "import", shows: " tokens") { output, shop in
      let file = output + ".in.npy"
      _ = try? gobbet("export", shop.dataset, "--to", "numpy", "-q", "-o", file)
      return ["import", file, "--from", "numpy", "-v", shop.vocabulary, "-o", output]
    },
    Job(verb: "verify", shows: " bytes") { _, shop in ["verify", shop.dataset] },
    Job(verb: "diff", shows: " bytes") { output, shop in
      _ = try? gobbet("convert", model, "--type", "bf16", "-q", "-o", output)
      return ["diff", shop.model, output]
    },
    Job(verb: "recover", shows: " bytes") { output, shop in ["recover", shop.model, "-o", output] },
    Job(verb: "inspect", shows: " bytes") { _, shop in ["inspect", shop.model, "--tensors"] },
    Job(verb: "encode", shows: " bytes") { _, shop in ["encode", corpus, "-v", shop.vocabulary] },
    Job(verb: "decode", shows: " tokens") { _, shop in ["decode", shop.dataset] },
    Job(verb: "embed", shows: " tokens") { output, _ in
      ["embed", model, "--ids", "1,2,3", "--ids", "4,5", "-o", output + ".npy"]
    },
    Job(verb: "logits", shows: " tokens") { output, _ in
      ["logits", model, "--ids", "1,2,3", "-o", output + ".npy"]
    },
    Job(verb: "report", shows: " tokens") { output, shop in
      ["report", shop.dataset, "-o", output + ".html"]
    },
    Job(verb: "report", shows: " bytes") { output, shop in
      ["report", shop.model, "-o", output + ".html"]
    },
    Job(verb: "report", shows: " tokens") { output, shop in
      ["report", model, "--text", "But, soft!", "-o", output + ".html"]
    },
    Job(verb: "evaluate", shows: "loss ") { _, shop in
      ["evaluate", model, shop.text, "--window", "16"]
    },
    Job(verb: "vocabulary stats", shows: " bytes") { _, shop in
      ["vocabulary", "stats", corpus, "-v", shop.vocabulary]
    },
    Job(verb: "vocabulary compare", shows: " bytes") { _, shop in
      ["vocabulary", "compare", shop.vocabulary, shop.vocabulary, corpus]
    },
  ]

  @Test("is shown on a terminal on one line that is rewritten", arguments: jobs)
  func terminal(job: Job) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try runAtTerminal(
      productPath("gobbet"), job.arguments(folder.file("out.gobbet"), shop),
      environment: ["GOBBET_PROGRESS_INTERVAL": "0"])
    #expect(result.status == job.status, "\(result.errorText)")
    let lines = result.errorText.split(separator: "\r\u{1B}[K", omittingEmptySubsequences: false)
    #expect(lines.count > 1 && lines.contains { $0.contains(job.shows) }, "\(result.errorText)")
    // Nobody can say how long a job takes of which next to nothing is done. Fewer than a hundred
    // megabytes don't tell a hundredth.
    for line in lines where line.contains(" s left") {
      let counts = line.replacing(",", with: "").firstMatch(of: /(\d+) of (\d+)/)?.output
      guard let done = counts.flatMap({ Int($0.1) }), let all = counts.flatMap({ Int($0.2) }),
        all >= 100
      else { continue }
      #expect(100 * done >= all, "\(line)")
    }
    // The last of them is taken away again.
    #expect(
      lines.last.map { $0.isEmpty || $0.utf8.last == 0x0A } == true, "\(lines.suffix(2))")
  }

  @Test("is shown elsewhere on lines of its own if that is asked for", arguments: jobs)
  func elsewhere(job: Job) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try run(
      productPath("gobbet"), job.arguments(folder.file("out.gobbet"), shop) + ["--progress"],
      environment: ["GOBBET_PROGRESS_INTERVAL": "0"])
    #expect(result.status == job.status, "\(result.errorText)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.contains { $0.contains(job.shows) }, "\(result.errorText)")
    #expect(!result.errorText.contains("\r"))
    // Nobody asked: none of these lines.
    let silent = try run(
      productPath("gobbet"), job.arguments(folder.file("silent.gobbet"), shop),
      environment: ["GOBBET_PROGRESS_INTERVAL": "0"])
    #expect(silent.status == job.status, "\(silent.errorText)")
    #expect(silent.errorText.split(separator: "\n").count < lines.count, "\(silent.errorText)")
    #expect(!silent.errorText.contains(" s left"), "\(silent.errorText)")
  }

  @Test("tells how long merging will take, on a terminal and elsewhere")
  func timeLeft() throws {
    let folder = try TemporaryFolder()
    let arguments = ["train", Self.corpus, "--size", "2000", "-f", "-o", folder.file("v.gobbet")]
    let interval = ["GOBBET_PROGRESS_INTERVAL": "0"]
    for result in [
      try runAtTerminal(productPath("gobbet"), arguments, environment: interval),
      try run(productPath("gobbet"), arguments + ["--progress"], environment: interval),
    ] {
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.errorText.contains(/merging: \d+ of \d+, \d+ s left/))
    }
  }

  @Test("is left out by --quiet, which every verb with progress has")
  func quiet() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    for (number, job) in Self.jobs.enumerated() {
      let result = try runAtTerminal(
        productPath("gobbet"), job.arguments(folder.file("\(number).gobbet"), shop) + ["-q"],
        environment: ["GOBBET_PROGRESS_INTERVAL": "0"])
      #expect(result.status == job.status, "\(job.verb): \(result.errorText)")
      #expect(!result.errorText.contains("\r\u{1B}"), "\(job.verb)")
    }
    let verbs = try CommandLineMap.shared.get().verbs.filter { verb in
      verb.options.contains { $0.name == "--quiet" }
    }
    #expect(Set(verbs.map(\.name)) == Set(Self.jobs.map(\.verb)))
  }

  /// An adapter that changes nothing, for the small model.
  private static func adapter(_ shop: Workshop) -> String { shop.adapter }
}
