internal import GobbetBPE

/// The longer sets of special tokens of ``WellKnownTokenizer``.
enum WellKnownSpecialTokens {
  /// Names between `<|` and `|>` with ids in a row.
  private static func numbered(
    _ names: [String], from first: Int
  ) -> [(text: String, id: TokenID)] {
    names.enumerated().map { ("<|\($1)|>", TokenID(first + $0)) }
  }

  /// Those of gpt-oss, with the one that o200k_base has in the place of a reserved one.
  static let harmony: [(text: String, id: TokenID)] = {
    var names = (199_998..<201_088).map { "reserved_\($0)" }
    for (id, name) in [
      (199_998, "startoftext"), (199_999, "endoftext"), (200_002, "return"),
      (200_003, "constrain"), (200_005, "channel"), (200_006, "start"), (200_007, "end"),
      (200_008, "message"), (200_012, "call"), (200_018, "endofprompt"),
    ] {
      names[id - 199_998] = name
    }
    return numbered(names, from: 199_998)
  }()

  /// Those of p50k_edit, with which OpenAI's models that edit fill a gap.
  static let edit =
    [("<|endoftext|>", 50_256)]
    + numbered(["fim_prefix", "fim_middle", "fim_suffix"], from: 50_281)

  /// The 256 of Llama 3.
  static let llama3 = numberedLlama3(
    ["reserved_special_token_2", "reserved_special_token_3"], ["reserved_special_token_4"],
    [], reserved: 5..<251)

  /// The 256 of Llama 3.1 to 3.3, which name some of those that Llama 3 reserves.
  static let llama31 = numberedLlama3(
    ["finetune_right_pad_id", "reserved_special_token_2"], ["eom_id"], ["python_tag"],
    reserved: 3..<248)

  /// Llama 3's, which differ in those after the first reserved ones, in front of the end of a turn and
  /// after it.
  private static func numberedLlama3(
    _ third: [String], _ eighth: [String], _ tenth: [String], reserved: Range<Int>
  ) -> [(text: String, id: TokenID)] {
    var names = ["begin_of_text", "end_of_text"]
    names += ["reserved_special_token_0", "reserved_special_token_1"] + third
    names += ["start_header_id", "end_header_id"] + eighth + ["eot_id"] + tenth
    names += reserved.map { "reserved_special_token_\($0)" }
    return numbered(names, from: 128_000)
  }

  /// The 256 of Kimi K2.
  static let kimi: [(text: String, id: TokenID)] = {
    var tokens = (163_584..<163_840).map { ("<|reserved_token_\($0)|>", TokenID($0)) }
    for (place, text) in [
      (0, "[BOS]"), (1, "[EOS]"), (2, "<|im_end|>"), (3, "<|im_user|>"), (4, "<|im_assistant|>"),
      (6, "<|start_header_id|>"), (7, "<|end_header_id|>"), (9, "[EOT]"), (10, "<|im_system|>"),
      (11, "<|tool_calls_section_begin|>"), (12, "<|tool_calls_section_end|>"),
      (13, "<|tool_call_begin|>"), (14, "<|tool_call_argument_begin|>"), (15, "<|tool_call_end|>"),
      (17, "<|im_middle|>"), (254, "[UNK]"), (255, "[PAD]"),
    ] {
      tokens[place].0 = text
    }
    return tokens
  }()

  /// Those of Llama 4.
  static let llama4: [(text: String, id: TokenID)] = {
    func reserved(_ name: String, _ numbers: Range<Int>) -> [String] {
      numbers.map { "\(name)_reserved_special_token_\($0)" }
    }
    var names = ["begin_of_text", "end_of_text", "fim_prefix", "fim_middle", "fim_suffix"]
    names += ["header_start", "header_end", "eom", "eot", "step"]
    names += reserved("text_post_train", 0..<6)
    names += ["python_start", "python_end", "finetune_right_pad"]
    names += reserved("text_post_train", 8..<69)
    names += ["image_start", "image_end"] + reserved("vision", 0..<2)
    names += ["tile_x_separator", "tile_y_separator"] + reserved("vision", 2..<6)
    names += ["image"] + reserved("vision", 6..<7) + ["patch"] + reserved("vision", 7..<1048)
    names += reserved("reasoning", 0..<8) + ["reasoning_thinking_start", "reasoning_thinking_end"]
    names += (0..<(2048 - names.count)).map { "reserved_special_token_\($0)" }
    return numbered(names, from: 200_000)
  }()

  /// Those of the first Qwen.
  static let qwen = numbered(
    ["endoftext", "im_start", "im_end"] + (0..<205).map { "extra_\($0)" }, from: 151_643)

  /// The special tokens of the multilingual Whisper with 99 languages; the one with 100 has another
  /// order after them.
  static let whisper: [(text: String, id: TokenID)] = {
    let languages = """
      en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur \
      hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si \
      km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha \
      ba jw su
      """.split(separator: " ").map(String.init)
    var names = ["endoftext", "startoftranscript"] + languages
    names += ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    for index in 0...1500 {
      // Every 20 ms up to 30 s: 0.00, 0.02 and so on.
      let hundredths = 2 * index
      names.append("\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)")
    }
    return names.enumerated().map { ("<|\($1)|>", TokenID(50_257 + $0)) }
  }()
}
