import Foundation
import TestSupport
import Testing

@Suite(
  "A command that is asked to stop",
  .enabled(if: sanitizer != "thread", "the sanitizer keeps signals from threads that compute"))
struct InterruptionTests {
  /// Runs a command line, in which $0 is the command, with input that never ends, and sends it a
  /// signal.
  private func interrupted(
    _ command: String, _ signal: String, _ arguments: [String],
    once condition: String = "sleep \(sanitizer == nil ? "0.5" : "5")"
  ) throws -> CommandResult {
    let script = """
      signal=$1; shift
      yes '{"text": "one and another"}' \\
        | \(command) & \(condition); kill -$signal $!; wait $!
      """
    return try run("/bin/sh", ["-c", script, productPath("gobbet"), signal] + arguments)
  }

  private static let signals: [(String, Int32)] = [
    ("INT", 130), ("TERM", 143), ("HUP", 129), ("PIPE", 141),
  ]

  @Test("one that does not look for signals ends at once, and its files go", arguments: signals)
  func atOnce(signal: String, status: Int32) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try interrupted(
      "\"$0\" encode - --format jsonl -v \"$1\" > /dev/null", signal, [shop.vocabulary])
    #expect(result.status == status, "\(result.errorText)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == (signal == "PIPE" ? 0 : 1), "\(result.errorText)")
    #expect(signal == "PIPE" || lines[0].contains("run the command again"))
    #expect(try folder.names() == [])
  }

  @Test("pack into a folder keeps finished shards, and says how to go on", arguments: signals)
  func shards(signal: String, status: Int32) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try interrupted(
      "\"$0\" pack - --format jsonl -v \"$1\" --shard-tokens 10k -o \"$2\" -q", signal,
      [shop.vocabulary, folder.file("out")],
      once: "until ls \"$2\"/train-* > /dev/null 2>&1; do sleep 0.1; done")
    #expect(result.status == status, "\(result.errorText)")
    #expect(signal == "PIPE" || result.errorText.contains("finished shards are kept in"))
    #expect(signal == "PIPE" || result.errorText.contains("--resume"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
    #expect(names.contains { $0.hasPrefix("train-") }, "\(names)")
    #expect(!names.contains { $0.hasSuffix(".partial") }, "\(names)")
  }

  @Test("one that a pipe from nowhere holds up is ended all the same")
  func stuck() throws {
    let folder = try TemporaryFolder()
    let pipe = try TemporaryFolder()
    let script = """
      mkfifo "$2"; exec 3<> "$2"
      "$0" train - -o "$1" < "$2" & sleep \(sanitizer == nil ? "0.5" : "5"); kill -INT $!; wait $!
      """
    let clock = ContinuousClock()
    let start = clock.now
    let result = try run(
      "/bin/sh",
      ["-c", script, productPath("gobbet"), folder.file("out"), pipe.file("pipe")])
    #expect(result.status == 130, "\(result.errorText)")
    #expect(clock.now - start < .seconds(20))
    #expect(try folder.names() == [])
  }

  @Test("hang-up is ignored where the caller ignores it, as nohup does")
  func nohup() throws {
    let shop = try Workshop.shared.get()
    let script = """
      trap '' HUP
      { sleep 1; echo '{"text": "a"}'; } | "$0" encode - --format jsonl -v "$1" &
      sleep 0.5; kill -HUP $!; wait $!
      """
    let result = try run("/bin/sh", ["-c", script, productPath("gobbet"), shop.vocabulary])
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.split(separator: "\n").count == 1)
  }

  @Test("a reader that goes away ends it quietly with 141")
  func brokenPipe() throws {
    let shop = try Workshop.shared.get()
    let script = """
      exec 3>&1
      { yes '{"text": "one and another"}' | "$0" encode - --format jsonl -v "$1"; echo $? >&3; } \\
        | head -n 1 > /dev/null
      """
    let result = try run("/bin/sh", ["-c", script, productPath("gobbet"), shop.vocabulary])
    #expect(result.text == "141\n")
    #expect(result.errorText == "", "\(result.errorText)")
  }
}
