import ArgumentParser

/// The benchmarks: each prints one JSON object a line, rates per second of CPU time.
@main struct GobbetBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gobbet-bench", abstract: "Measures the parts of Gobbet; prints JSON lines.",
    subcommands: [
      EncodeBench.self, DecodeBench.self, AdversarialBench.self, StreamBench.self, LoadBench.self,
      TrainBench.self, TokensBench.self, PackBench.self, WeightsBench.self, LoadWeightsBench.self,
      GPTBench.self, FileBench.self, CutBench.self, LoaderBench.self,
      RowsBench.self,
    ])
}
