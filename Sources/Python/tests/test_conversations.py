"""Conversations that the command packs, read as a dataset."""

import json
import os
import random
import subprocess
import unittest

import gobbet
from gobbet.conversations import ChatTemplate, rendered
from gobbet.pure_backends import PureDataset

from . import support


@unittest.skipUnless(os.environ.get("GOBBET_COMMAND"), "no gobbet command")
class ConversationTests(support.Case):
    def test_the_command_packs_what_transformers_renders(self):
        chat = support.FIXTURES / "chat"
        path = self.folder / "c.gobbet"
        command = [os.environ["GOBBET_COMMAND"], "pack", "-v", chat / "tokenizer.json", "-q",
                   "--template", "chatml", chat / "conversations.jsonl", "-o", path]  # fmt: skip
        subprocess.run(command, check=True)
        answers = json.loads((chat / "answers.json").read_text())["chatml"]
        dataset = gobbet.TokenDataset(path)
        self.assertEqual([each.tolist() for each in dataset.documents()],
                         [answer["ids"] for answer in answers])  # fmt: skip
        mask = dataset.loss_mask(0, len(dataset)).astype(int).tolist()
        self.assertEqual(mask, sum((answer["mask"] for answer in answers), []))


class TemplateTests(support.Case):
    def setUp(self) -> None:
        super().setUp()
        chat = support.FIXTURES / "chat"
        self.encoding = gobbet.Encoding(chat / "tokenizer.json")
        self.answers = json.loads((chat / "answers.json").read_text())
        lines = (chat / "conversations.jsonl").read_text().splitlines()
        self.conversations = [json.loads(line)["messages"] for line in lines]

    def test_templates_give_the_ids_and_masks_of_transformers(self):
        for name, answers in self.answers.items():
            template = ChatTemplate(name)
            for messages, answer in zip(self.conversations, answers, strict=True):
                ids, mask = template.render(messages, self.encoding)
                self.assertEqual(ids.tolist(), answer["ids"], name)
                self.assertEqual(mask.astype(int).tolist(), answer["mask"], name)

    def test_calls_of_tools_are_written_as_the_published_template_has_them(self):
        chat = support.FIXTURES / "chat"
        lines = (chat / "calls.jsonl").read_bytes().splitlines()
        called = [json.loads(line) for line in lines]
        for name, answers in json.loads((chat / "call_answers.json").read_text()).items():
            template = ChatTemplate(name)
            file = "calls_tokenizer.json" if name == "qwen2.5" else "tokenizer.json"
            encoding = gobbet.Encoding(chat / file)
            for line, answer in zip(called, answers, strict=True):
                def render(line=line, template=template, encoding=encoding):
                    return template.render(line["messages"], encoding, tools=line.get("tools"))

                if answer is None:
                    self.assertRaises(gobbet.BadData, render)
                    continue
                ids, mask = render()
                self.assertEqual(ids.tolist(), answer["ids"], name)
                self.assertEqual(mask.astype(int).tolist(), answer["mask"], name)

    def test_a_template_has_the_rule_that_the_command_writes(self):
        rule = ChatTemplate("chatml").loss_rule(self.encoding)
        end = self.encoding.encode_single_token("<|im_end|>")
        start = self.encoding.encode_single_token("<|im_start|>")
        opening = [start, *self.encoding.encode_ordinary("assistant\n")]
        self.assertEqual(rule, ([opening], {end: True}))
        sizes, generator = [], random.Random(1)
        conversations = [
            [{"role": role, "content": "a word " * generator.randrange(40)}
             for role in ("user", "assistant")] for _ in range(300)
        ]  # fmt: skip
        for chosen in (None, rule):
            path = self.folder / "ruled.gobbet"
            with gobbet.DatasetWriter(
                path, self.encoding, loss_rule=chosen, replace=True
            ) as writer:
                rendered = [ChatTemplate("chatml").render(each, self.encoding)
                            for each in conversations]  # fmt: skip
                writer.add_masked(*rendered)
            dataset = gobbet.TokenDataset(path)
            self.assertEqual(dataset.loss_rule, chosen)
            expected = sum((mask.tolist() for _, mask in rendered), [])
            self.assertEqual(dataset.loss_mask(0, len(dataset)).tolist(), expected)
            sizes.append(path.stat().st_size)
        self.assertLess(sizes[1], sizes[0])
        self.assertIsNone(ChatTemplate("alpaca").loss_rule(self.encoding))
        if "GOBBET_COMMAND" in os.environ:
            out, chat = self.folder / "c.gobbet", support.FIXTURES / "chat"
            command = [os.environ["GOBBET_COMMAND"], "pack", "-v", chat / "tokenizer.json", "-q",
                       "--template", "chatml", chat / "conversations.jsonl", "-o", out]  # fmt: skip
            subprocess.run(command, check=True)
            self.assertEqual(gobbet.TokenDataset(out).loss_rule, rule)
            pure = PureDataset([str(out)], 1 << 20)
            self.assertEqual(pure.loss_rule(), [1, len(opening), *opening, end, 1])

    def test_templates_give_what_the_command_packs(self):
        if "GOBBET_COMMAND" not in os.environ:
            self.skipTest("no gobbet command")
        chat = support.FIXTURES / "chat"
        lines = [{"messages": messages} for messages in self.conversations]
        lines += [{"instruction": "Add.", "input": "1 2", "output": "3"}]
        instruction = [{"role": role, "content": text} for role, text in lines[-1].items()]
        for name in ("alpaca", "alpaca-masked", "chatml", str(chat / "own.json")):
            template = ChatTemplate(name)
            chosen = [instruction] if name.startswith("alpaca") else self.conversations
            path = self.folder / "lines.jsonl"
            path.write_text("\n".join(map(json.dumps, lines[-1:] if len(chosen) == 1 else lines[:-1])))
            out = self.folder / "c.gobbet"
            command = [os.environ["GOBBET_COMMAND"], "pack", "-v", chat / "tokenizer.json", "-q",
                       "-f", "--template", name, path, "-o", out]  # fmt: skip
            subprocess.run(command, check=True)
            dataset = gobbet.TokenDataset(out)
            rendered = [template.render(messages, self.encoding) for messages in chosen]
            self.assertEqual([each.tolist() for each in dataset.documents()],
                             [ids.tolist() for ids, _ in rendered])  # fmt: skip
            self.assertEqual(dataset.loss_mask(0, len(dataset)).tolist(),
                             [bool(each) for _, mask in rendered for each in mask])  # fmt: skip

    def test_what_a_template_has_no_place_for_is_refused(self):
        template = ChatTemplate("chatml")
        for messages, fault in (
            ([{"role": "judge", "content": "x"}], "no role judge"),
            ([{"role": "user", "content": "x"}], "no message to learn from"),
            ([{"role": "assistant", "content": [{"type": "image"}]}], "no content that is a text"),
        ):
            with self.assertRaisesRegex(gobbet.BadData, fault):
                template.render(messages, self.encoding)
        (self.folder / "t.json").write_text('{"name": "t", "roles": {"a": {"bfore": []}}}')
        self.assertRaises(gobbet.BadData, ChatTemplate, self.folder / "t.json")
        self.assertRaises(KeyError, ChatTemplate, "chatml2")

    def test_text_in_a_message_becomes_no_special_token(self):
        messages = [{"role": "assistant", "content": "<|im_end|>"}]
        ids, _ = ChatTemplate("chatml").render(messages, self.encoding)
        end = self.encoding.encode_single_token("<|im_end|>")
        self.assertEqual(ids.tolist().count(end), 1)

    @support.needs("transformers", "jinja2")
    def test_transformers_renders_and_the_writer_keeps_ids_and_masks(self):
        from transformers import PreTrainedTokenizerFast

        file = support.FIXTURES / "chat" / "tokenizer.json"
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(file))
        template = (
            "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
            "{% if message['role'] == 'assistant' %}{% generation %}"
            "{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}"
            "{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
        )
        path = self.folder / "c.gobbet"
        with gobbet.DatasetWriter(path, self.encoding) as writer:
            writer.add_masked(*rendered(tokenizer, self.conversations, chat_template=template))
        dataset = gobbet.TokenDataset(path)
        answers = self.answers["chatml"]
        self.assertEqual([each.tolist() for each in dataset.documents()],
                         [answer["ids"] for answer in answers])  # fmt: skip
        self.assertEqual(dataset.loss_mask(0, len(dataset)).astype(int).tolist(),
                         sum((answer["mask"] for answer in answers), []))  # fmt: skip
        unmarked = template.replace("{% generation %}", "").replace("{% endgeneration %}", "")
        with self.assertRaisesRegex(gobbet.BadData, "nothing counts"):
            list(rendered(tokenizer, self.conversations, chat_template=unmarked))
