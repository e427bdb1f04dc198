"""Conversations as ids and masks: by Gobbet's templates, or by a tokenizer's of transformers."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .chat_templates import built_in
from .encoding import Encoding
from .errors import BadData, InvalidArgument, NotFound
from .integers import truth_values
from .loss_rules import LossRule

Messages = Sequence[Mapping[str, Any]]


class Rendered(NamedTuple):
    """A conversation as `DatasetWriter.add_masked` takes it."""

    #: The ids, uint32.
    ids: npt.NDArray[np.uint32]
    #: Which of them count in a loss.
    mask: npt.NDArray[np.bool_]


class ChatTemplate:
    """A template of `gobbet pack --template`: a built-in one by its name, or a JSON file.

    Text inside a message never becomes a special token: only the template names those.

    Args:
        name: alpaca, alpaca-masked, chatml, gemma, harmony, llama3, nanochat, qwen2.5, or the path of
            a file.

    Raises:
        NotFound: There is neither such a template nor such a file. A KeyError.
        BadData: The file isn't a template. A ValueError.

    Example:
        template = ChatTemplate("chatml")
        writer.add_masked(template.render(messages, encoding))
    """

    def __init__(self, name: str | os.PathLike[str]) -> None:
        known = built_in()
        if name in known:
            content = known[str(name)]
        elif pathlib.Path(name).is_file():
            try:
                content = json.loads(pathlib.Path(name).read_bytes())
            except ValueError as error:
                raise BadData(f"{name}: {error}") from None
        else:
            raise NotFound(f"{name}: no such file or template; there are {', '.join(known)}")
        _check(
            content, "the template", {"name", "begin", "end", "trim", "roles", "system", "tools"}
        )
        roles = content.get("roles")
        if not isinstance(roles, dict) or not isinstance(content.get("name"), str):
            raise BadData(f"{name}: no name, or no roles")
        for role, turn in roles.items():
            members = {"before", "after", "last_after", "counts", "joins_next", "between", "calls"}
            _check(turn, f"role {role}", members)
            _check_calls(name, turn.get("calls", {"parts": []}))
        self._tools = content.get("tools")
        tools = {} if self._tools is None else self._tools
        _check(tools, "tools", {"joint", "before", "between", "after"})
        system = roles.get("system", {"joins_next": ""})
        if ("system" in content or self._tools is not None) and "joins_next" in system:
            raise BadData(f"{name}: system prompts and tools need a role system with its own turn")
        parts = [source.get(place, []) for source, place in (
            (content, "begin"), (content, "end"), (tools, "before"), (tools, "after")
        )]  # fmt: skip
        for turn in roles.values():
            parts += [turn.get(place, []) for place in ("before", "after", "last_after", "between")]
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

    def render(
        self, messages: Messages, encoding: Encoding, *, tools: Sequence[Any] | None = None
    ) -> Rendered:
        """The ids of a conversation, and which of them count: those of `gobbet pack`.

        Args:
            messages: Mappings with a role, a content, and perhaps tool_calls, as transformers has them.
            encoding: The vocabulary.
            tools: Descriptions of tools, as JSON has them.

        Raises:
            BadData: A role isn't the template's, a content isn't text, the template has no place for
                calls or tools, or there is nothing to learn from. A ValueError.
            NotFound: The vocabulary lacks a special token of the template. A KeyError.
        """
        texts = [(str(each.get("role")), _text(each), _calls(each)) for each in messages]
        self._check_messages(texts, tools)
        if texts[0][0] != "system" and ("system" in self._content or tools):
            texts.insert(0, ("system", self._content.get("system", ""), []))
        writer = _Writer(encoding)
        writer.add(self._content.get("begin", []))
        joined = ""
        for index, (role, text, calls) in enumerate(texts):
            turn, is_last = self._roles[role], index + 1 == len(texts)
            content = text.strip() if self._content.get("trim") else text
            if "joins_next" in turn:
                joined += content + turn["joins_next"]
                continue
            counts = turn.get("counts", False)
            is_one_turn = "between" in turn
            continues = is_one_turn and index > 0 and texts[index - 1][0] == role
            writer.add(turn["between"] if continues else turn.get("before", []))
            writer.add([{"text": joined + content, "counts": counts}])
            if index == 0 and tools and self._tools is not None:
                writer.add(_described(self._tools, tools, content))
            writer.add(_written(turn.get("calls", {}), calls, bool(joined + content), counts))
            joined = ""
            if is_one_turn and not is_last and texts[index + 1][0] == role:
                continue
            after = turn.get("after", [])
            writer.add(turn.get("last_after", after) if is_last else after)
        writer.add(self._content.get("end", []))
        return writer.finish()

    def loss_rule(self, encoding: Encoding) -> LossRule | None:
        """The rule by which most masks follow from the ids, for `DatasetWriter`: that of `gobbet pack`;
        None if what counts isn't delimited by special tokens.

        Raises:
            NotFound: The vocabulary lacks a special token of the template. A KeyError.
        """
        openings, closings = [], dict[int, bool]()
        for turn in (turn for turn in self._roles.values() if turn.get("counts")):
            before = turn.get("before", [])
            if not any("token" in part for part in before):
                return None
            opening = _Writer(encoding)
            for part in before:
                # Each by itself, since texts go on after what stands before them.
                opening.add([part])
                opening._flush()
            openings.append(opening._ids)
            after = turn.get("after", [])
            for parts in (after, turn.get("last_after", after)):
                if not parts or "token" not in parts[0]:
                    return None
                closing, counts = encoding.encode_single_token(parts[0]["token"]), parts[0]
                if closings.setdefault(closing, bool(counts.get("counts"))) != bool(
                    counts.get("counts")
                ):
                    return None
        return LossRule(sorted(openings), closings) if openings else None

    def _check_messages(
        self, texts: list[tuple[str, str, list[_Call]]], tools: Sequence[Any] | None
    ) -> None:
        for role, text, calls in texts:
            if role not in self._roles:
                known = ", ".join(sorted(self._roles))
                raise BadData(f"the template has no role {role}, only {known}")
            form = self._roles[role].get("calls")
            if calls and form is None:
                raise BadData(f"the template doesn't say what tool calls of the {role} become")
            if calls and "between" not in form and (len(calls) > 1 or text):
                raise BadData("the template takes one tool call a message, without a text")
        if not any(role in self._learned for role, _, _ in texts):
            raise BadData("there is no message to learn from")
        if "joins_next" in self._roles[texts[-1][0]]:
            raise BadData(f"a {texts[-1][0]} message without one after it")
        if tools and self._tools is None:
            raise BadData("the template has no place for tools: describe them in a message")


def _check(value: Any, what: str, members: set[str]) -> None:
    if not isinstance(value, dict) or not set(value) <= members:
        raise BadData(f"{what} has other members than {', '.join(sorted(members))}")


def _check_calls(name: Any, calls: Any) -> None:
    _check(calls, "calls", {"parts", "between"})
    for part in calls.get("parts", [{}]):
        _check(part, "a part of a call", {"token", "text", "value"})
        if len(part) != 1 or part.get("value", "name") not in ("name", "arguments"):
            raise BadData(
                f"{name}: a part of a call is a token, a text, or the value name or arguments"
            )


class _Call(NamedTuple):
    name: str
    arguments: str


def _json(value: Any) -> str:
    """What the filter `tojson` of transformers' templates gives."""
    return json.dumps(value, ensure_ascii=False)


def _calls(message: Mapping[str, Any]) -> list[_Call]:
    """The tool calls of a message, as OpenAI and transformers write them."""
    who = f"a {message.get('role')} message"
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise BadData(f"{who} has tool_calls that aren't a list")
    found = []
    for call in calls:
        if not isinstance(call, Mapping) or call.get("type", "function") != "function":
            raise BadData(f"{who} calls something that isn't a function")
        function = call.get("function", call)
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str) or not name or re.search(r'[\x00-\x1f"\\]', name):
            raise BadData(f"{who} calls a function without a name, or with one that JSON escapes")
        arguments = function.get("arguments")
        if not isinstance(arguments, (str, Mapping)):
            raise BadData(f"{who}: arguments of a call are neither an object nor a text")
        found.append(_Call(name, arguments if isinstance(arguments, str) else _json(arguments)))
    return found


def _written(
    form: Mapping[str, Any], calls: list[_Call], after_text: bool, counts: bool
) -> Iterator[dict[str, Any]]:
    """What calls become."""
    for index, call in enumerate(calls):
        if index or after_text:
            yield {"text": form.get("between", ""), "counts": counts}
        for part in form["parts"]:
            value = part.get("value")
            yield (part if value is None else {"text": getattr(call, value)}) | {"counts": counts}


def _described(
    form: Mapping[str, Any], tools: Sequence[Any], content: str
) -> Iterator[dict[str, Any]]:
    """What descriptions of tools become."""
    if content:
        yield {"text": form.get("joint", "")}
    yield from form.get("before", [])
    yield {"text": form.get("between", "\n").join(map(_json, tools))}
    yield from form.get("after", [])


def _text(message: Mapping[str, Any]) -> str:
    """The content of a message: a text, or a list of parts that are texts."""
    content = message.get("content")
    if content is None and message.get("tool_calls"):
        return ""
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
