"""Conversations as ids and masks: by Gobbet's templates, or by a tokenizer's of transformers."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .encoding import Encoding
from .errors import BadData, InvalidArgument, NotFound
from .integers import truth_values

Messages = Sequence[Mapping[str, Any]]


class Rendered(NamedTuple):
    """A conversation as `DatasetWriter.add_masked` takes it."""

    #: The ids, uint32.
    ids: npt.NDArray[np.uint32]
    #: Which of them count in a loss.
    mask: npt.NDArray[np.bool_]


def _turn(before: list[Any], after: list[Any], counts: bool = False) -> dict[str, Any]:
    """A turn: texts, and tokens by their names, which begin with `<|`; the first after it counts as
    the content does."""

    def parts(values: list[Any]) -> list[dict[str, Any]]:
        return [{"token" if each.startswith("<|") else "text": each} for each in values]

    turn = {"before": parts(before), "after": parts(after), "counts": counts}
    for part in turn["after"][:1]:  # type: ignore[index]
        part["counts"] = counts
    return turn


def _alpaca(name: str, learns: bool) -> dict[str, Any]:
    heads = {
        "instruction": (
            "Below is an instruction that describes a task. Write a response that appropriately "
            "completes the request.\n\n### Instruction:\n"
        ),
        "input": "\n\n### Input:\n",
        "output": "\n\n### Response:\n",
    }
    roles = {}
    for role, text in heads.items():
        counts = learns or role == "output"
        roles[role] = {"before": [{"text": text, "counts": counts}], "counts": counts}
    return {"name": name, "end": [{"token": "<|endoftext|>", "counts": True}], "roles": roles}


def _built_in() -> dict[str, dict[str, Any]]:
    """The templates of `gobbet pack --template`, which `Fixtures/chat` pins for both."""
    chatml = {
        role: _turn(["<|im_start|>", f"{role}\n"], ["<|im_end|>", "\n"], role == "assistant")
        for role in ("system", "user", "tool", "assistant")
    }
    llama3 = {
        role: _turn(
            ["<|start_header_id|>", role, "<|end_header_id|>", "\n\n"], ["<|eot_id|>"],
            role == "assistant",
        )
        for role in ("system", "user", "assistant")
    }  # fmt: skip
    nanochat = {
        "system": {"joins_next": "\n\n"},
        "user": _turn(["<|user_start|>"], ["<|user_end|>"]),
        "assistant": _turn(["<|assistant_start|>"], ["<|assistant_end|>"], True),
    }
    harmony = {
        role: _turn(["<|start|>", role, "<|message|>"], ["<|end|>"])
        for role in ("system", "developer", "user")
    }
    final = ["<|start|>", "assistant", "<|channel|>", "final", "<|message|>"]
    harmony["assistant"] = _turn(final, ["<|end|>"], True)
    harmony["assistant"]["last_after"] = [{"token": "<|return|>", "counts": True}]
    return {
        "alpaca": _alpaca("alpaca", True),
        "alpaca-masked": _alpaca("alpaca-masked", False),
        "chatml": {"name": "chatml", "roles": chatml},
        "harmony": {"name": "harmony", "roles": harmony},
        "llama3": {
            "name": "llama3", "trim": True, "begin": [{"token": "<|begin_of_text|>"}],
            "roles": llama3,
        },
        "nanochat": {"name": "nanochat", "begin": [{"token": "<|bos|>"}], "roles": nanochat},
    }  # fmt: skip


class ChatTemplate:
    """A template of `gobbet pack --template`: a built-in one by its name, or a JSON file.

    Text inside a message never becomes a special token: only the template names those.

    Args:
        name: alpaca, alpaca-masked, chatml, harmony, llama3, nanochat, or the path of a file.

    Raises:
        NotFound: There is neither such a template nor such a file. A KeyError.
        BadData: The file isn't a template. A ValueError.

    Example:
        template = ChatTemplate("chatml")
        writer.add_masked(template.render(messages, encoding))
    """

    def __init__(self, name: str | os.PathLike[str]) -> None:
        built_in = _built_in()
        if name in built_in:
            content = built_in[str(name)]
        elif pathlib.Path(name).is_file():
            try:
                content = json.loads(pathlib.Path(name).read_bytes())
            except ValueError as error:
                raise BadData(f"{name}: {error}") from None
        else:
            raise NotFound(f"{name} isn't a file, and none of {', '.join(built_in)}")
        _check(content, "the template", {"name", "begin", "end", "trim", "roles"})
        roles = content.get("roles")
        if not isinstance(roles, dict) or not isinstance(content.get("name"), str):
            raise BadData(f"{name}: no name, or no roles")
        for role, turn in roles.items():
            _check(turn, f"role {role}", {"before", "after", "last_after", "counts", "joins_next"})
        parts = [content.get("begin", []), content.get("end", [])]
        for turn in roles.values():
            parts += [turn.get(place, []) for place in ("before", "after", "last_after")]
        for part in (part for each in parts for part in each):
            _check(part, "a part", {"token", "text", "counts"})
            if ("token" in part) == ("text" in part):
                raise BadData(f"{name}: a part is a token or a text")
        self.name: str = content["name"]
        self._content, self._roles = content, roles
        self._learned = {
            role
            for role, turn in roles.items()
            if turn.get("counts")
            or any(part.get("counts") for part in turn.get("before", []) + turn.get("after", []))
        }
        if not self._learned:
            raise BadData(f"{name}: there is no role to learn from: nothing counts")

    def render(self, messages: Messages, encoding: Encoding) -> Rendered:
        """The ids of a conversation, and which of them count: those of `gobbet pack`.

        Raises:
            BadData: A role isn't the template's, a content isn't text, or there is nothing to learn
                from. A ValueError.
            NotFound: The vocabulary lacks a special token of the template. A KeyError.
        """
        texts = [(str(each.get("role")), _text(each)) for each in messages]
        for role, _ in texts:
            if role not in self._roles:
                known = ", ".join(sorted(self._roles))
                raise BadData(f"the template has no role {role}, only {known}")
        if not any(role in self._learned for role, _ in texts):
            raise BadData("there is no message to learn from")
        writer = _Writer(encoding)
        writer.add(self._content.get("begin", []))
        joined = ""
        for number, (role, text) in enumerate(texts, 1):
            turn = self._roles[role]
            content = text.strip() if self._content.get("trim") else text
            if "joins_next" in turn:
                if number == len(texts):
                    raise BadData(f"a {role} message without one after it")
                joined += content + turn["joins_next"]
                continue
            after = turn.get("after", [])
            writer.add(turn.get("before", []))
            writer.add([{"text": joined + content, "counts": turn.get("counts", False)}])
            writer.add(turn.get("last_after", after) if number == len(texts) else after)
            joined = ""
        writer.add(self._content.get("end", []))
        return writer.finish()


def _check(value: Any, what: str, members: set[str]) -> None:
    if not isinstance(value, dict) or not set(value) <= members:
        raise BadData(f"{what} has other members than {', '.join(sorted(members))}")


def _text(message: Mapping[str, Any]) -> str:
    """The content of a message: a text, or a list of parts that are texts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [None]
    texts = [
        part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        for part in parts
    ]
    if not all(isinstance(text, str) for text in texts):
        raise BadData(f"a {message.get('role')} message has no content that is a text")
    return "".join(map(str, texts))


class _Writer:
    """Ids as they come about: the text between special tokens is encoded as one."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._ids: list[int] = []
        self._mask: list[bool] = []
        self._text = b""
        self._counted: list[bool] = []

    def add(self, parts: Iterable[Mapping[str, Any]]) -> None:
        for part in parts:
            counts = bool(part.get("counts", False))
            if "text" in part:
                data = part["text"].encode()
                self._text += data
                self._counted += [counts] * len(data)
                continue
            self._flush()
            try:
                self._ids.append(self._encoding.encode_single_token(part["token"]))
            except KeyError:
                raise NotFound(f"the vocabulary has no special token {part['token']}") from None
            self._mask.append(counts)

    def _flush(self) -> None:
        place = 0
        for token in self._encoding.encode_ordinary(self._text.decode()):
            end = place + len(self._encoding.decode_single_token_bytes(token))
            self._ids.append(token)
            # A token counts if one of its bytes does, as in transformers.
            self._mask.append(any(self._counted[place:end]))
            place = end
        if place != len(self._text):
            raise BadData("the vocabulary changes texts: it can't be told which tokens count")
        self._text, self._counted = b"", []

    def finish(self) -> Rendered:
        self._flush()
        return Rendered(np.array(self._ids, np.uint32), np.array(self._mask, np.bool_))


def rendered(
    tokenizer: Any, conversations: Iterable[Messages], **options: Any
) -> Iterator[Rendered]:
    """Conversations as the chat template of a tokenizer of transformers renders them.

    The template is a program, which transformers runs; it must mark what the assistant says by
    `{% generation %}`. Unlike with `ChatTemplate`, text that looks like a special token becomes one.

    Args:
        tokenizer: The tokenizer, whose ids must be those of the dataset's vocabulary.
        conversations: Lists of messages.
        options: Those of `apply_chat_template`, as `chat_template` and `tools`.

    Raises:
        BadData: Nothing of a conversation counts. A ValueError.

    Example:
        for each in rendered(tokenizer, conversations):
            writer.add_masked(each)
    """
    if clash := {"tokenize", "return_dict", "return_assistant_tokens_mask"} & set(options):
        raise InvalidArgument(f"{', '.join(sorted(clash))}: is chosen by rendered")
    for number, messages in enumerate(conversations):
        found = tokenizer.apply_chat_template(
            messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True, **options
        )
        mask = truth_values(found["assistant_masks"], f"conversation {number}")
        if not mask.any():
            raise BadData(
                f"conversation {number}: nothing counts; its template marks nothing by "
                "{% generation %}, or the assistant says nothing"
            )
        yield Rendered(np.asarray(found["input_ids"], np.uint32), mask)
