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
"""

import json
import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
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


main()
