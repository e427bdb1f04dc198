"""Makes the files of this folder: a small tokenizer, conversations, and what transformers makes of them.

    pip install transformers==5.24 tokenizers==0.23.3
    python make.py

`answers.json` holds for each template and conversation the ids of `apply_chat_template` and its mask
of assistant tokens. The templates, of which the assistant's turn is marked for that mask:

- chatml: what transformers 4.43 took where a tokenizer had no template (`default_chat_template`);
- llama3: `tokenizer_config.json` of meta-llama/Meta-Llama-3-8B-Instruct, revision 5f0b02c;
- nanochat: what `render_conversation` of karpathy/nanochat, commit 92d63d4, does with user and
  assistant messages, written as a template;
- harmony: what openai-harmony 0.0.8 renders for messages of plain text, written as a template.

`calls.jsonl` has conversations in which tools are called, and `call_answers.json` what is made of them,
null where a template takes no such call:

- qwen2.5: `tokenizer_config.json` of Qwen/Qwen2.5-7B-Instruct, revision a09a354, with
  `calls_tokenizer.json`, which has the tokens of its calls;
- chatml and llama3: forms of Gobbet's own, after those of Qwen 2.5 and Llama 3.1, written as templates.
"""

import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
SPECIAL = """<|endoftext|> <|im_start|> <|im_end|> <|begin_of_text|> <|start_header_id|> <|end_header_id|>
<|eot_id|> <|bos|> <|user_start|> <|user_end|> <|assistant_start|> <|assistant_end|> <|start|>
<|channel|> <|message|> <|end|> <|return|>""".split()
TEMPLATES = {
    "chatml": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}"
    "{% endfor %}",
    "llama3": "{% for message in messages %}{% if loop.index0 == 0 %}{{ '<|begin_of_text|>' }}{% endif %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] | trim + "
    "'<|eot_id|>' }}{% endgeneration %}{% else %}{{ message['content'] | trim + '<|eot_id|>' }}"
    "{% endif %}{% endfor %}",
    "nanochat": "{{ '<|bos|>' }}{% set ns = namespace(before='') %}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{% set ns.before = message['content'] + '\n\n' %}"
    "{% elif message['role'] == 'user' %}{{ '<|user_start|>' + ns.before + message['content'] + "
    "'<|user_end|>' }}{% set ns.before = '' %}{% else %}{{ '<|assistant_start|>' }}{% generation %}"
    "{{ message['content'] + '<|assistant_end|>' }}{% endgeneration %}{% endif %}{% endfor %}",
    "harmony": "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{{ '<|start|>assistant<|channel|>final<|message|>' }}{% generation %}{{ message['content'] }}"
    "{% if loop.last %}{{ '<|return|>' }}{% else %}{{ '<|end|>' }}{% endif %}{% endgeneration %}"
    "{% else %}{{ '<|start|>' + message['role'] + '<|message|>' + message['content'] + '<|end|>' }}"
    "{% endif %}{% endfor %}",
}
CONVERSATIONS = [
    [("user", "What is two and two?"), ("assistant", "Four.")],
    [("system", "Be brief."), ("user", "Name a river."), ("assistant", "The Rhine."),
     ("user", "Another?"), ("assistant", "The Danube, or the Elbe.")],
    [("user", "\n  Spaces and lines around\r\n\n"), ("assistant", "\n\n\tkept, or not \n")],
    [("user", "Größe, naïve, 東京, 🙂‍↔️?"), ("assistant", "Ja: größer als 10 km² — “sehr”.")],
    [("user", ""), ("assistant", "")],
    [("user", "def f(x):\n    return x + 1\n"), ("assistant", "```python\nprint(f(41))  # 42\n```")],
    [("assistant", "I begin."), ("user", "And I end.")],
    [("system", "\nNew line first."), ("user", "assistant\nfinal"), ("assistant", "user\n")],
]  # fmt: skip

TOOLS_HEAD = (
    "# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n\\nYou are provided"
    " with function signatures within <tools></tools> XML tags:\\n<tools>"
)
TOOLS_TAIL = (
    "\\n</tools>\\n\\nFor each function call, return a json object with function name and arguments"
    " within <tool_call></tool_call> XML tags:\\n<tool_call>\\n"
    '{\\"name\\": <function-name>, \\"arguments\\": <args-json-object>}\\n</tool_call>'
)
QWEN_PROMPT = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
QWEN = (
    r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'PROMPT' }}
    {%- endif %}
    {{- "\n\nHEAD" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "TAIL<|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nPROMPT<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' }}{{- message.content + '<|im_end|>' }}{{- '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
""".replace("PROMPT", QWEN_PROMPT)
    .replace("HEAD", TOOLS_HEAD)
    .replace("TAIL", TOOLS_TAIL)
)
# What the assistant says, marked; the text is the same, which `main` checks.
QWEN_MARKED = (
    QWEN.replace(
        """ or (message.role == "assistant" and not message.tool_calls) %}""", " %}"
    )
    .replace(
        """        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
""",
        """        {{- '<|im_start|>assistant\\n' }}{% generation %}
        {%- if message.content %}{{- message.content }}{%- endif %}
""",
    )
    .replace(
        """{{- '\\n<tool_call>\\n{"name": "' }}""",
        """{%- if message.content or not loop.first %}{{- '\\n' }}{%- endif %}"""
        """{{- '<tool_call>\\n{"name": "' }}""",
    )
    .replace(
        """        {%- endfor %}
        {{- '<|im_end|>\\n' }}
""",
        """        {%- endfor %}
        {{- '<|im_end|>' }}{% endgeneration %}{{- '\\n' }}
""",
    )
)
CALLS = {
    "qwen2.5": QWEN_MARKED,
    "chatml": (
        "{% for message in messages %}{% if message.role == 'assistant' %}"
        "{{ '<|im_start|>assistant\\n' }}{% generation %}{{ message.content or '' }}"
        "{% for call in message.tool_calls or [] %}"
        "{% if message.content or not loop.first %}{{ '\\n' }}{% endif %}"
        "{% set call = call.function or call %}"
        """{{ '<tool_call>\\n{"name": "' + call.name + '", "arguments": ' + call.arguments | tojson """
        "+ '}\\n</tool_call>' }}{% endfor %}{{ '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}"
        "{% else %}{% if tools and loop.first and message.role != 'system' %}"
        "{{ '<|im_start|>system\\nHEAD\\n' + TOOLS + 'TAIL<|im_end|>\\n' }}{% endif %}"
        "{{ '<|im_start|>' + message.role + '\\n' + message.content }}"
        "{% if tools and loop.first and message.role == 'system' %}"
        "{{ '\\n\\nHEAD\\n' + TOOLS + 'TAIL' }}{% endif %}{{ '<|im_end|>\\n' }}"
        "{% endif %}{% endfor %}"
    ).replace("HEAD", TOOLS_HEAD)
    .replace("TAIL", TOOLS_TAIL)
    .replace("TOOLS", "(tools | map('tojson') | join('\\n'))"),
    "llama3": (
        "{% for message in messages %}{% if loop.first %}{{ '<|begin_of_text|>' }}{% endif %}"
        "{% set role = 'ipython' if message.role == 'tool' else message.role %}"
        "{{ '<|start_header_id|>' + role + '<|end_header_id|>\\n\\n' }}"
        "{% if message.tool_calls %}{% set call = message.tool_calls[0] %}"
        "{% set call = call.function or call %}{% generation %}"
        """{{ '{"name": "' + call.name + '", "parameters": ' + call.arguments | tojson """
        "+ '}<|eot_id|>' }}{% endgeneration %}"
        "{% elif message.role == 'assistant' %}{% generation %}"
        "{{ message.content | trim + '<|eot_id|>' }}{% endgeneration %}"
        "{% else %}{{ message.content | trim + '<|eot_id|>' }}{% endif %}{% endfor %}"
    ),
}


def call(name, **arguments):
    return {"type": "function", "id": f"call_{name}", "function": {"name": name, "arguments": arguments}}


def says(role, content, *calls):
    message = {"role": role, "content": content}
    return message | ({"tool_calls": list(calls)} if calls else {})


SIGNATURE = {"type": "function", "function": {
    "name": "weather", "description": "Wetter für einen Ort",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
}}  # fmt: skip
CALLED = [
    {"tools": [SIGNATURE], "messages": [
        says("user", "How is it in Köln?"), says("assistant", None, call("weather", place="Köln")),
        says("tool", '{"degrees": 21.5}'), says("assistant", "21.5 degrees."),
    ]},
    {"messages": [
        says("system", "Be brief."), says("user", "Rome and Oslo?"),
        says("assistant", "I look.", call("weather", place="Rome"), call("weather", place="Oslo")),
        says("tool", "30"), says("tool", "9"), says("assistant", "30 and 9."),
        says("user", "Thanks"), says("assistant", "Bye"),
    ]},
    {"messages": [
        says("user", "Odd ones"),
        says("assistant", "", {"name": "f", "arguments": {
            "a": [1, -2, 2.0, 1e-7, 1e16, 123456789.125, 18446744073709551615, True, None], "b": {},
            "ü\u2028": "\"\\/\b\f\n\r\t\u0001\u007f", "c": [[], {"d": "🙂"}],
        }}),
        says("tool", "done"),
    ]},
    {"tools": [SIGNATURE, {"name": "now", "parameters": {}}], "messages": [
        says("system", "You have tools."), says("user", "When?"), says("assistant", None, call("now")),
    ]},
]  # fmt: skip


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = [text for conversation in CONVERSATIONS for _, text in conversation]
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(
        texts + ["user\n", "assistant\n", "system\n", "final\n\n", "\n\n"] * 5, trainer
    )
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
    lines = [
        {"messages": [{"role": role, "content": text} for role, text in conversation]}
        for conversation in CONVERSATIONS
    ]
    (HERE / "conversations.jsonl").write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8"
    )
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    answers = {}
    for name, template in TEMPLATES.items():
        answers[name] = []
        for line in lines:
            found = whole.apply_chat_template(
                line["messages"], chat_template=template, tokenize=True, return_dict=True,
                return_assistant_tokens_mask=True,
            )  # fmt: skip
            answers[name].append({"ids": found["input_ids"], "mask": found["assistant_masks"]})
    (HERE / "answers.json").write_text(json.dumps(answers, separators=(",", ":")) + "\n")
    calls(tokenizer)


def calls(tokenizer):
    """Writes the conversations in which tools are called, and what is made of them."""
    plain = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(tokenizer.to_str()))
    tokenizer.add_tokens([AddedToken(name) for name in ("<tool_call>", "</tool_call>")])
    tokenizer.save(str(HERE / "calls_tokenizer.json"), pretty=False)
    marked = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    (HERE / "calls.jsonl").write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in CALLED), "utf-8"
    )
    answers = {}
    for name, template in CALLS.items():
        whole = marked if name == "qwen2.5" else plain
        answers[name] = []
        for line in CALLED:
            asked = {"tools": line.get("tools"), "tokenize": True, "return_dict": True}
            is_several = any(len(each.get("tool_calls", [])) > 1 for each in line["messages"])
            if name == "llama3" and (is_several or "tools" in line):
                answers[name].append(None)
                continue
            found = whole.apply_chat_template(
                line["messages"], chat_template=template, return_assistant_tokens_mask=True, **asked
            )
            if name == "qwen2.5":
                published = whole.apply_chat_template(line["messages"], chat_template=QWEN, **asked)
                assert found["input_ids"] == published["input_ids"]
            answers[name].append({"ids": found["input_ids"], "mask": found["assistant_masks"]})
    (HERE / "call_answers.json").write_text(json.dumps(answers, separators=(",", ":")) + "\n")


main()
