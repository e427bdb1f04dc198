extension ChatTemplate {
  /// The templates that come with the library, by their names.
  ///
  /// - Source: `alpaca` is the prompt style of "Build a Large Language Model (From Scratch)", chapter 7,
  ///   where every token counts, and `alpaca-masked` that of its exercise 7.2, where the instruction
  ///   doesn't; `chatml` is transformers' own template of that name, with tools and calls as texts in
  ///   the form of Qwen 2.5; `qwen2.5` is that of Qwen2.5-7B-Instruct (a09a354); `gemma` that of Gemma 3 in its GGUF files, which
  ///   `Fixtures/chat` doesn't pin; `llama3` that of
  ///   Meta-Llama-3-8B-Instruct (5f0b02c), with a call, and the role of its answer, as Llama 3.1 has
  ///   them; `nanochat` its `render_conversation` (92d63d4); `harmony` the turns without calls of
  ///   openai-harmony 0.0.8. `Fixtures/chat` pins the others.
  public static func named(_ name: String) -> ChatTemplate? {
    texts[name].flatMap { try? ChatTemplate(json: Array($0.utf8)) }
  }

  /// The names of the templates that come with the library.
  public static let names = texts.keys.sorted()

  private static let texts = [
    "alpaca": alpaca(name: "alpaca", learnsInstruction: true),
    "alpaca-masked": alpaca(name: "alpaca-masked", learnsInstruction: false),
    "chatml": chatML, "qwen2.5": qwen, "gemma": gemma, "llama3": llama3, "nanochat": nanochat,
    "harmony": harmony,
  ]

  private static func alpaca(name: String, learnsInstruction: Bool) -> String {
    #"""
    {"name": "\#(name)",
     "end": [{"token": "<|endoftext|>", "counts": true}],
     "roles": {
      "instruction": {"before": [{"text": "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n", "counts": \#(learnsInstruction)}], "counts": \#(learnsInstruction)},
      "input": {"before": [{"text": "\n\n### Input:\n", "counts": \#(learnsInstruction)}], "counts": \#(learnsInstruction)},
      "output": {"before": [{"text": "\n\n### Response:\n", "counts": true}], "counts": true}}}
    """#
  }

  private static let chatML = #"""
    {"name": "chatml",
     "tools": {"joint": "\n\n",
      "before": [{"text": "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"}],
      "after": [{"text": "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>"}]},
     "roles": {
      "system": {"before": [{"token": "<|im_start|>"}, {"text": "system\n"}], "after": [{"token": "<|im_end|>"}, {"text": "\n"}]},
      "user": {"before": [{"token": "<|im_start|>"}, {"text": "user\n"}], "after": [{"token": "<|im_end|>"}, {"text": "\n"}]},
      "tool": {"before": [{"token": "<|im_start|>"}, {"text": "tool\n"}], "after": [{"token": "<|im_end|>"}, {"text": "\n"}]},
      "assistant": {"before": [{"token": "<|im_start|>"}, {"text": "assistant\n"}], "counts": true,
       "calls": {"parts": [{"text": "<tool_call>\n{\"name\": \""}, {"value": "name"}, {"text": "\", \"arguments\": "}, {"value": "arguments"}, {"text": "}\n</tool_call>"}], "between": "\n"},
       "after": [{"token": "<|im_end|>", "counts": true}, {"text": "\n"}]}}}
    """#

  private static let qwen = #"""
    {"name": "qwen2.5",
     "system": "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
     "tools": {
      "before": [{"text": "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"}],
      "after": [{"text": "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "}, {"token": "<tool_call>"}, {"token": "</tool_call>"}, {"text": " XML tags:\n"}, {"token": "<tool_call>"}, {"text": "\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n"}, {"token": "</tool_call>"}]},
     "roles": {
      "system": {"before": [{"token": "<|im_start|>"}, {"text": "system\n"}], "after": [{"token": "<|im_end|>"}, {"text": "\n"}]},
      "user": {"before": [{"token": "<|im_start|>"}, {"text": "user\n"}], "after": [{"token": "<|im_end|>"}, {"text": "\n"}]},
      "tool": {"before": [{"token": "<|im_start|>"}, {"text": "user\n<tool_response>\n"}], "between": [{"text": "\n</tool_response>\n<tool_response>\n"}], "after": [{"text": "\n</tool_response>"}, {"token": "<|im_end|>"}, {"text": "\n"}]},
      "assistant": {"before": [{"token": "<|im_start|>"}, {"text": "assistant\n"}], "counts": true,
       "calls": {"parts": [{"token": "<tool_call>"}, {"text": "\n{\"name\": \""}, {"value": "name"}, {"text": "\", \"arguments\": "}, {"value": "arguments"}, {"text": "}\n"}, {"token": "</tool_call>"}], "between": "\n"},
       "after": [{"token": "<|im_end|>", "counts": true}, {"text": "\n"}]}}}
    """#

  private static let gemma = #"""
    {"name": "gemma", "trim": true,
     "begin": [{"token": "<bos>"}],
     "roles": {
      "system": {"joins_next": "\n\n"},
      "user": {"before": [{"token": "<start_of_turn>"}, {"text": "user\n"}], "after": [{"token": "<end_of_turn>"}, {"text": "\n"}]},
      "assistant": {"before": [{"token": "<start_of_turn>"}, {"text": "model\n"}], "counts": true,
       "after": [{"token": "<end_of_turn>", "counts": true}, {"text": "\n"}]}}}
    """#

  private static let llama3 = #"""
    {"name": "llama3", "trim": true,
     "begin": [{"token": "<|begin_of_text|>"}],
     "roles": {
      "system": {"before": [{"token": "<|start_header_id|>"}, {"text": "system"}, {"token": "<|end_header_id|>"}, {"text": "\n\n"}], "after": [{"token": "<|eot_id|>"}]},
      "user": {"before": [{"token": "<|start_header_id|>"}, {"text": "user"}, {"token": "<|end_header_id|>"}, {"text": "\n\n"}], "after": [{"token": "<|eot_id|>"}]},
      "tool": {"before": [{"token": "<|start_header_id|>"}, {"text": "ipython"}, {"token": "<|end_header_id|>"}, {"text": "\n\n"}], "after": [{"token": "<|eot_id|>"}]},
      "assistant": {"before": [{"token": "<|start_header_id|>"}, {"text": "assistant"}, {"token": "<|end_header_id|>"}, {"text": "\n\n"}], "counts": true,
       "calls": {"parts": [{"text": "{\"name\": \""}, {"value": "name"}, {"text": "\", \"parameters\": "}, {"value": "arguments"}, {"text": "}"}]},
       "after": [{"token": "<|eot_id|>", "counts": true}]}}}
    """#

  private static let nanochat = #"""
    {"name": "nanochat",
     "begin": [{"token": "<|bos|>"}],
     "roles": {
      "system": {"joins_next": "\n\n"},
      "user": {"before": [{"token": "<|user_start|>"}], "after": [{"token": "<|user_end|>"}]},
      "assistant": {"before": [{"token": "<|assistant_start|>"}], "counts": true,
       "after": [{"token": "<|assistant_end|>", "counts": true}]}}}
    """#

  private static let harmony = #"""
    {"name": "harmony",
     "roles": {
      "system": {"before": [{"token": "<|start|>"}, {"text": "system"}, {"token": "<|message|>"}], "after": [{"token": "<|end|>"}]},
      "developer": {"before": [{"token": "<|start|>"}, {"text": "developer"}, {"token": "<|message|>"}], "after": [{"token": "<|end|>"}]},
      "user": {"before": [{"token": "<|start|>"}, {"text": "user"}, {"token": "<|message|>"}], "after": [{"token": "<|end|>"}]},
      "assistant": {"before": [{"token": "<|start|>"}, {"text": "assistant"}, {"token": "<|channel|>"}, {"text": "final"}, {"token": "<|message|>"}], "counts": true,
       "after": [{"token": "<|end|>", "counts": true}], "last_after": [{"token": "<|return|>", "counts": true}]}}}
    """#
}
