"""The templates of `gobbet pack --template` that are built in, as their JSON has them."""

from __future__ import annotations

import copy
import re
from typing import Any

#: How `chatml` and `qwen2.5` describe tools.
_TOOLS = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided "
    "with function signatures within <tools></tools> XML tags:\n<tools>\n",
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments "
    "within <tool_call></tool_call> XML tags:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
)


def _turn(before: list[Any], after: list[Any], counts: bool = False) -> dict[str, Any]:
    """A turn: texts, and tokens by their names; the first after it counts as the content does."""

    turn = {"before": _parts(before), "after": _parts(after), "counts": counts}
    for part in turn["after"][:1]:  # type: ignore[index]
        part["counts"] = counts
    return turn


def _parts(values: list[str]) -> list[dict[str, Any]]:
    """Texts, and tokens, which look like `<|this|>`, or as Gemma's do."""
    token = re.compile(r"<\||<(start|end)_of_turn>")
    return [{"token" if token.match(each) else "text": each} for each in values]


def _call(parts: list[str], between: str | None = None) -> dict[str, Any]:
    """How a call is written: texts, `name` and `arguments`, and tokens, which look like tags."""

    def part(each: str) -> dict[str, str]:
        if each in ("name", "arguments"):
            return {"value": each}
        return {"token" if re.fullmatch(r"</?\w+>", each) else "text": each}

    call: dict[str, Any] = {"parts": [part(each) for each in parts]}
    return call if between is None else call | {"between": between}


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


def built_in() -> dict[str, dict[str, Any]]:
    """The templates of `gobbet pack --template`, which `Fixtures/chat` pins for both."""
    chatml = {
        role: _turn(["<|im_start|>", f"{role}\n"], ["<|im_end|>", "\n"], role == "assistant")
        for role in ("system", "user", "tool", "assistant")
    }
    qwen = copy.deepcopy(chatml)
    call = ['<tool_call>\n{"name": "', "name", '", "arguments": ', "arguments", "}\n</tool_call>"]
    chatml["assistant"]["calls"] = _call(call, "\n")
    call = ["<tool_call>", '\n{"name": "', *call[1:4], "}\n", "</tool_call>"]
    qwen["assistant"]["calls"] = _call(call, "\n")
    opening, closing = "<tool_response>\n", "\n</tool_response>"
    qwen["tool"] = _turn(["<|im_start|>", f"user\n{opening}"], [closing, "<|im_end|>", "\n"])
    qwen["tool"]["between"] = [{"text": f"{closing}\n{opening}"}]
    marks = re.split(r"(</?tool_call>)", _TOOLS[1])
    after = [{"token" if "tool_call" in each else "text": each} for each in marks if each]
    llama3 = {
        role: _turn(
            ["<|start_header_id|>", header, "<|end_header_id|>", "\n\n"], ["<|eot_id|>"],
            role == "assistant",
        )
        for role, header in zip(
            ("system", "user", "assistant", "tool"), ("system", "user", "assistant", "ipython"),
            strict=True,
        )
    }  # fmt: skip
    call = ['{"name": "', "name", '", "parameters": ', "arguments", "}"]
    llama3["assistant"]["calls"] = _call(call)
    gemma = {
        "system": {"joins_next": "\n\n"},
        "user": _turn(["<start_of_turn>", "user\n"], ["<end_of_turn>", "\n"]),
        "assistant": _turn(["<start_of_turn>", "model\n"], ["<end_of_turn>", "\n"], True),
    }
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
        "chatml": {
            "name": "chatml", "roles": chatml,
            "tools": {"joint": "\n\n", "before": _parts([_TOOLS[0]]), "after": _parts([_TOOLS[1]])},
        },
        "gemma": {"name": "gemma", "trim": True, "begin": [{"token": "<bos>"}], "roles": gemma},
        "harmony": {"name": "harmony", "roles": harmony},
        "llama3": {
            "name": "llama3", "trim": True, "begin": [{"token": "<|begin_of_text|>"}],
            "roles": llama3,
        },
        "qwen2.5": {
            "name": "qwen2.5", "roles": qwen,
            "system": "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
            "tools": {"before": _parts(["\n\n" + _TOOLS[0]]), "after": after},
        },
        "nanochat": {"name": "nanochat", "begin": [{"token": "<|bos|>"}], "roles": nanochat},
    }  # fmt: skip
