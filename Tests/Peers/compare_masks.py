#!/usr/bin/env python3
"""Losses of masked chat data and the steps of the book's chapter 7, Gobbet's and transformers' in one run.

    compare_masks.py [--gobbet PATH]           Needs `make build` and `make wheel`, torch and transformers.

The conversations of Fixtures/chat are rendered by transformers, with its mask of assistant tokens, and
packed by `gobbet pack --template`. A GPT-2 with random weights gives the loss of the same rows four times:
transformers' from its own rows and labels, torch's from Gobbet's rows and targets, that of Gobbet's
logits, and that of `gobbet evaluate` beside torch's on the same windows. Then instructions are prepared
once as chapter 7 does it (Alpaca's style, padding with the end of text, -100 after the first, and the
instruction masked as in its exercise) and once by Gobbet. Exit 1 if a row differs, or a loss by more
than 1e-6.
"""

import argparse
import json
import pathlib
import runpy
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
import transformers

import gobbet

ROOT = pathlib.Path(__file__).parents[2]
CHAT = ROOT / "Fixtures/chat"
WINDOW = 64
INSTRUCTIONS = [
    {"instruction": "Name the opposite of 'slow'.", "input": "", "output": "Fast."},
    {"instruction": "Put the verb into the past tense.", "input": "I walk to the river.",
     "output": "I walked to the river."},
    {"instruction": "Count the vowels.", "input": "Größe", "output": "Two."},
]  # fmt: skip


def packed(command, lines, template, folder):
    """What `gobbet pack` makes of JSON lines."""
    source, path = folder / "lines.jsonl", folder / f"{template}.gobbet"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run([command, "pack", source, "-v", CHAT / "tokenizer.json", "--template", template, "-q",
                    "-o", path], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    return gobbet.TokenDataset(path)


def loss(model, inputs, targets):
    """Mean over the targets that count, by torch."""
    logits = model(torch.as_tensor(inputs)).logits.double()
    return float(F.cross_entropy(logits.flatten(0, 1), torch.as_tensor(targets).flatten()))


def loss_of_logits(model, inputs, targets):
    """The same of Gobbet's logits, row by row."""
    total = count = 0
    for row, wanted in zip(inputs, targets, strict=True):
        logits = torch.from_numpy(model.logits(row.tolist())).double()
        total += float(F.cross_entropy(logits, torch.from_numpy(wanted), reduction="sum"))
        count += int((wanted != -100).sum())
    return total / count


def loss_of_windows(model, dataset):
    """That of a dataset in windows, the last of which is shorter, by torch."""
    tokens = dataset.tokens(0, len(dataset), dtype="int64")
    wanted = np.where(dataset.loss_mask(0, len(dataset)), tokens, -100)
    total = count = 0
    for start in range(0, len(tokens) - 1, WINDOW):
        end = min(start + WINDOW, len(tokens) - 1)
        counted = int((wanted[start + 1 : end + 1] != -100).sum())
        if counted:
            total += counted * loss(model, tokens[None, start:end], wanted[start + 1 : end + 1])
            count += counted
    return total / count


def of_transformers(tokenizer, conversations, template, pad):
    """Rows and labels as transformers renders them: -100 where its mask says so, and for padding."""
    found = [
        tokenizer.apply_chat_template(each, chat_template=template, tokenize=True, return_dict=True,
                                      return_assistant_tokens_mask=True)
        for each in conversations
    ]  # fmt: skip
    length = max(len(each["input_ids"]) for each in found)
    ids = np.full((len(found), length), pad)
    labels = np.full((len(found), length), -100)
    for row, each in enumerate(found):
        tokens, mask = np.array(each["input_ids"]), np.array(each["assistant_masks"], bool)
        ids[row, : len(tokens)] = tokens
        labels[row, : len(tokens)] = np.where(mask, tokens, -100)
    return ids, labels


def of_the_book(encoding, end, is_masked):
    """Inputs and targets as chapter 7's collate function and its exercise make them."""
    prompts = [
        "Below is an instruction that describes a task. Write a response that appropriately completes "
        f"the request.\n\n### Instruction:\n{each['instruction']}"
        + (f"\n\n### Input:\n{each['input']}" if each["input"] else "")
        for each in INSTRUCTIONS
    ]
    full = [f"{prompt}\n\n### Response:\n{each['output']}"
            for prompt, each in zip(prompts, INSTRUCTIONS)]  # fmt: skip
    rows = [encoding.encode(text) for text in full]
    longest = max(map(len, rows)) + 1
    inputs, targets = [], []
    for row, prompt in zip(rows, prompts, strict=True):
        padded = torch.tensor(row + [end] * (longest - len(row)))
        wanted = padded[1:].clone()
        ends = torch.nonzero(wanted == end).squeeze(1)
        wanted[ends[1:]] = -100
        if is_masked:
            wanted[: len(encoding.encode(prompt)) - 1] = -100
        inputs.append(padded[:-1]), targets.append(wanted)
    return torch.stack(inputs).numpy(), torch.stack(targets).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=str(ROOT / ".build/release/gobbet"))
    command = parser.parse_args().gobbet
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    encoding = gobbet.Encoding(CHAT / "tokenizer.json")
    end = encoding.encode_single_token("<|endoftext|>")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(CHAT / "tokenizer.json"))
    lines = [json.loads(line) for line in (CHAT / "conversations.jsonl").read_text().splitlines()]
    conversations = [line["messages"] for line in lines]
    torch.manual_seed(7)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=encoding.n_vocab, n_positions=256, n_embd=64, n_layer=2, n_head=4,
        initializer_range=0.3, bos_token_id=end, eos_token_id=end,
    )).eval()  # fmt: skip
    failed = False

    def report(what, values):
        nonlocal failed
        spread = max(values) - min(values)
        failed |= spread > 1e-6
        print(f"{what:28} {'  '.join(f'{value:.9f}' for value in values)}   within {spread:.1e}")

    with tempfile.TemporaryDirectory() as name, torch.inference_mode():
        folder = pathlib.Path(name)
        model.save_pretrained(folder / "model")
        ours = gobbet.Model(folder / "model")
        for template, text in runpy.run_path(str(CHAT / "make.py"))["TEMPLATES"].items():
            ids, labels = of_transformers(tokenizer, conversations, text, end)
            dataset = packed(command, lines, template, folder)
            rows = dataset.document_rows(range(len(lines)), padding=end)
            if not (rows.inputs == ids[:, :-1]).all() or not (rows.targets == labels[:, 1:]).all():
                failed = True
                print(f"{template}: rows or targets differ")
            theirs = float(model(torch.tensor(ids), labels=torch.tensor(labels)).loss)
            report(f"{template}, rows", [
                theirs, loss(model, rows.inputs, rows.targets),
                loss_of_logits(ours, rows.inputs, rows.targets),
            ])  # fmt: skip
            evaluated = json.loads(subprocess.run(
                [command, "evaluate", folder / "model", folder / f"{template}.gobbet", "--json", "-q",
                 "-v", CHAT / "tokenizer.json", "--window", str(WINDOW)],
                check=True, stdout=subprocess.PIPE, text=True).stdout)
            report(f"{template}, evaluate", [loss_of_windows(model, dataset), evaluated["loss"]])
        for template, is_masked in (("alpaca", False), ("alpaca-masked", True)):
            inputs, targets = of_the_book(encoding, end, is_masked)
            dataset = packed(command, INSTRUCTIONS, template, folder)
            rows = dataset.document_rows(range(len(INSTRUCTIONS)), padding=end)
            if not (rows.inputs == inputs).all() or not (rows.targets == targets).all():
                failed = True
                print(f"{template}: rows or targets differ from the book's")
            report(f"{template}, the book's", [loss(model, inputs, targets),
                                               loss_of_logits(ours, rows.inputs, rows.targets)])
    sys.exit(failed)


if __name__ == "__main__":
    main()
