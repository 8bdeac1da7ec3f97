"""What the official Anthropic client for Python must do through the sidecar."""

import ssl

import anthropic
from anthropic import Anthropic, DefaultHttpxClient
from support import WEATHER_PARAMETERS, WEATHER_SCHEMA, Checks, error_of, fresh_prompt

CHECKS = Checks()
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "strict": True,
    "input_schema": WEATHER_SCHEMA,
}


def client(target, url="url", **more):
    headers = {"x-prefiller-host-port": target["prefiller"]}
    return Anthropic(
        **{
            "base_url": target[url],
            "api_key": "none",
            "max_retries": 0,
            "default_headers": headers,
            **more,
        }
    )


def request(target, **more):
    messages = [{"role": "user", "content": fresh_prompt()}]
    return {"model": target["model"], "messages": messages, "max_tokens": 12, **more}


@CHECKS.check("messages")
def messages_whole(target):
    answer = client(target).messages.create(**request(target))
    assert answer.type == "message"
    assert answer.content[0].text
    assert 1 < answer.usage.output_tokens <= 12
    assert (answer.usage.cache_read_input_tokens or 0) < answer.usage.input_tokens / 2


@CHECKS.check("messages, streamed")
def messages_streamed(target):
    with client(target).messages.stream(**request(target)) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text and final.content[0].text == text
    assert final.stop_reason in ("max_tokens", "end_turn")
    assert 1 < final.usage.output_tokens <= 12


@CHECKS.check("messages, tool use, streamed")
def tool_use(target):
    more = {"tools": [WEATHER], "tool_choice": {"type": "any"}, "max_tokens": 1000}
    with client(target).messages.stream(**request(target, **more)) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    assert list(final.content[0].input) == WEATHER_PARAMETERS


@CHECKS.check("count tokens")
def count_tokens(target):
    counted = request(target)
    del counted["max_tokens"]
    assert client(target).messages.count_tokens(**counted).input_tokens > 50


@CHECKS.check("error: bad prefill header")
def bad_prefill_header(target):
    headers = {"x-prefiller-host-port": "host-without-port"}
    messages = client(target, default_headers=headers).messages
    error = error_of(anthropic.BadRequestError, lambda: messages.create(**request(target)))
    assert "x-prefiller-host-port" in str(error)


@CHECKS.check("error: unknown model")
def unknown_model(target):
    wrong = request(target, model="no-such-model")
    error = error_of(anthropic.NotFoundError, lambda: client(target).messages.create(**wrong))
    assert "no-such-model" in str(error)


@CHECKS.check("abort: stream closed")
def stream_closed(target):
    endless = request(target, max_tokens=target["endless"], extra_body={"ignore_eos": True}, stream=True)
    with client(target).messages.create(**endless) as stream:
        for _ in range(5):
            assert next(stream).type


@CHECKS.check("TLS, certificate trusted")
def tls(target):
    trust = ssl.create_default_context(cafile=target["caFile"])
    messages = client(target, "tlsUrl", http_client=DefaultHttpxClient(verify=trust)).messages
    assert 1 < messages.create(**request(target)).usage.output_tokens <= 12
    with messages.stream(**request(target)) as stream:
        assert 1 < stream.get_final_message().usage.output_tokens <= 12
