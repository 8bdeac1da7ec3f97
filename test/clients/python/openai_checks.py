"""What the official OpenAI client for Python must do through the sidecar."""

import asyncio
import json
import re
import ssl

import openai
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI
from support import WEATHER_PARAMETERS, WEATHER_SCHEMA, Checks, error_of, fresh_prompt

CHECKS = Checks()
LONG_PROMPT_BYTES = 1024 * 1024
STREAMS = 50
HTTP2_STREAMS = 20
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER_FUNCTION = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": WEATHER_SCHEMA,
    "strict": True,
}
WEATHER = {"type": "function", "function": WEATHER_FUNCTION}
WEATHER_OF_RESPONSES = {"type": "function", **WEATHER_FUNCTION}


def options(target, url="url"):
    return {
        "base_url": f"{target[url]}/v1",
        "api_key": "none",
        # A request that works at the second try only does not work.
        "max_retries": 0,
        "default_headers": {"x-prefiller-host-port": target["prefiller"]},
    }


def client(target, **more):
    return OpenAI(**{**options(target), **more})


def full_length(target):
    """With vLLM's own extension: the answer is as long as max_tokens says."""
    return {"model": target["model"], "max_tokens": 12, "extra_body": {"ignore_eos": True}}


def chat(target, **more):
    messages = [{"role": "user", "content": fresh_prompt()}]
    return {**full_length(target), "messages": messages, **more}


def text(target, **more):
    return {**full_length(target), "prompt": fresh_prompt(), **more}


def endless(target):
    """A request that the engine works on much longer than the client waits."""
    return text(target, max_tokens=target["endless"])


def assert_prefiller_counted(usage):
    """The prompt was new to the prefiller; a decoder's own count can be the whole prompt."""
    details = usage.prompt_tokens_details
    assert (details.cached_tokens if details else 0) < usage.prompt_tokens / 2, usage


@CHECKS.check("models list")
def models_list(target):
    assert target["model"] in [model.id for model in client(target).models.list()]


@CHECKS.check("chat")
def chat_whole(target):
    answer = client(target).chat.completions.create(**chat(target))
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content
    assert answer.usage.completion_tokens == 12, answer.usage
    assert_prefiller_counted(answer.usage)


@CHECKS.check("chat, streamed with usage")
def chat_streamed(target):
    request = chat(target, stream=True, stream_options={"include_usage": True})
    chunks = list(client(target).chat.completions.create(**request))
    assert len(chunks) >= 3, len(chunks)
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices)
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["length"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 12
    assert_prefiller_counted(chunks[-1].usage)


@CHECKS.check("chat, long prompt")
def chat_long(target):
    prompt = fresh_prompt() + "Ünïcödé 😀 " * (LONG_PROMPT_BYTES // 10)
    messages = [{"role": "user", "content": prompt}]
    request = {"model": target["model"], "messages": messages, "max_tokens": 4}
    answer = client(target).chat.completions.create(**request)
    assert answer.usage.prompt_tokens > LONG_PROMPT_BYTES / 8


@CHECKS.check("chat, two answers (n)")
def chat_n(target):
    answer = client(target).chat.completions.create(**chat(target, n=2, temperature=1))
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert all(choice.message.content for choice in answer.choices)


@CHECKS.check("chat, stop and temperature")
def chat_stop(target):
    completions = client(target).chat.completions
    request = chat(target, max_tokens=20, temperature=0)
    whole = completions.create(**request).choices[0].message.content
    middle = len(whole) // 2
    stop = whole[middle : middle + 4]
    choice = completions.create(**request, stop=[stop]).choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content == whole[: whole.index(stop)]


@CHECKS.check("chat, tool call and its result")
def chat_tool(target):
    completions = client(target).chat.completions
    request = chat(target, tools=[WEATHER], max_tokens=1000, extra_body={})
    message = completions.create(**request, tool_choice="required").choices[0].message
    call = message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert list(json.loads(call.function.arguments)) == WEATHER_PARAMETERS
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 20}'}
    request.update(messages=[*request["messages"], message, result], max_tokens=12)
    assert completions.create(**request, tool_choice="none").choices[0].message.content


@CHECKS.check("chat, tool call, streamed")
def chat_tool_streamed(target):
    choice = {"type": "function", "function": {"name": "get_weather"}}
    request = chat(target, tools=[WEATHER], tool_choice=choice, max_tokens=1000, extra_body={})
    with client(target).chat.completions.stream(**request) as stream:
        final = stream.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    assert call.id and call.function.name == "get_weather"
    assert list(json.loads(call.function.arguments)) == WEATHER_PARAMETERS


@CHECKS.check("completions")
def completions_whole(target):
    answer = client(target).completions.create(**text(target))
    assert answer.object == "text_completion"
    assert answer.choices[0].text
    assert answer.usage.completion_tokens == 12


@CHECKS.check("completions, streamed with usage")
def completions_streamed(target):
    request = text(target, stream=True, stream_options={"include_usage": True})
    chunks = list(client(target).completions.create(**request))
    assert len(chunks) >= 3, len(chunks)
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)
    assert chunks[-1].usage.completion_tokens == 12
    assert_prefiller_counted(chunks[-1].usage)


@CHECKS.check("responses")
def responses_whole(target):
    answer = client(target).responses.create(
        model=target["model"],
        input=fresh_prompt(),
        instructions="Be brief.",
        max_output_tokens=16,
    )
    assert answer.object == "response"
    assert answer.output_text
    usage = answer.usage
    assert 1 < usage.output_tokens <= 16
    assert usage.input_tokens_details.cached_tokens < usage.input_tokens / 2


@CHECKS.check("responses, streamed")
def responses_streamed(target):
    request = {
        "model": target["model"],
        "input": [{"role": "user", "content": fresh_prompt()}],
        "max_output_tokens": 16,
    }
    with client(target).responses.stream(**request) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert deltas and final.output_text == "".join(deltas)
    usage = final.usage
    assert usage.input_tokens_details.cached_tokens < usage.input_tokens / 2


@CHECKS.check("responses, tool call, streamed")
def responses_tool(target):
    request = {
        "model": target["model"],
        "input": fresh_prompt(),
        "tools": [WEATHER_OF_RESPONSES],
        "tool_choice": "required",
        "max_output_tokens": 1000,
    }
    with client(target).responses.stream(**request) as stream:
        final = stream.get_final_response()
    call = next(item for item in final.output if item.type == "function_call")
    assert call.name == "get_weather"
    assert list(json.loads(call.arguments)) == WEATHER_PARAMETERS


@CHECKS.check("no prefill header")
def no_prefill_header(target):
    answer = client(target, default_headers={}).completions.create(**text(target))
    assert answer.usage.completion_tokens == 12


@CHECKS.check("request ids")
def request_ids(target):
    completions = client(target).completions
    generated = completions.create(**text(target, max_tokens=4))
    assert re.fullmatch("[0-9a-f-]{36}|[a-z]+-[A-Za-z0-9]{24}", generated._request_id)
    headers = {"x-request-id": "chosen-by-the-client"}
    chosen = completions.create(**text(target, max_tokens=4), extra_headers=headers)
    assert chosen._request_id == "chosen-by-the-client"
    request = text(target, max_tokens=4, stream=True)
    raw = completions.with_raw_response.create(**request, extra_headers=headers)
    assert list(raw.parse())
    assert raw.request_id == "chosen-by-the-client"


@CHECKS.check("error: bad prefill header")
def bad_prefill_header(target):
    headers = {"x-prefiller-host-port": "user@10.0.0.1:8000/path"}
    completions = client(target, default_headers=headers).chat.completions
    call = lambda: completions.create(model=target["model"], messages=HELLO)
    error = error_of(openai.BadRequestError, call)
    assert "x-prefiller-host-port" in error.message
    assert error.type == "BadRequestError"
    assert int(error.code) == 400
    assert error.request_id


@CHECKS.check("error: unknown model")
def unknown_model(target):
    completions = client(target).chat.completions
    call = lambda: completions.create(model="no-such-model", messages=HELLO)
    error = error_of(openai.NotFoundError, call)
    assert "no-such-model" in error.message
    assert error.type == "NotFoundError"
    assert error.request_id


@CHECKS.check("error: refused by the engine")
def refused(target):
    completions = client(target).chat.completions
    request = {"model": target["model"], "messages": HELLO, "temperature": -1}
    error = error_of(openai.BadRequestError, lambda: completions.create(**request))
    assert "temperature" in error.message
    error_of(openai.BadRequestError, lambda: completions.create(**request, stream=True))


@CHECKS.check("error: prefiller unreachable")
def unreachable(target):
    headers = {"x-prefiller-host-port": target["deadPrefiller"]}
    completions = client(target, default_headers=headers).chat.completions
    call = lambda: completions.create(model=target["model"], messages=HELLO)
    error = error_of(openai.APIStatusError, call)
    assert isinstance(error, openai.InternalServerError)
    assert error.status_code == 504
    assert "The prefiller could not be reached" in error.message
    assert error.request_id


@CHECKS.check("error: answer cut in the middle")
def cut(target):
    completions = OpenAI(**options(target, "cutUrl")).completions
    stream = completions.create(**text(target, max_tokens=50, stream=True))
    error_of(Exception, lambda: list(stream))


@CHECKS.check("abort: stream closed")
def stream_closed(target):
    with client(target).completions.create(**endless(target), stream=True) as stream:
        for _ in range(3):
            assert next(stream).id


@CHECKS.check("abort: request cancelled")
def request_cancelled(target):
    async def cancel():
        async with AsyncOpenAI(**options(target)) as asynchronous:
            task = asyncio.create_task(asynchronous.completions.create(**endless(target)))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()

    asyncio.run(cancel())


@CHECKS.check("abort: client timed out")
def timed_out(target):
    completions = client(target, timeout=0.4).completions
    error_of(openai.APITimeoutError, lambda: completions.create(**endless(target)))


@CHECKS.check(f"{STREAMS} streams at once")
def concurrent_streams(target):
    async def one(asynchronous):
        request = chat(target, max_tokens=20, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in await asynchronous.chat.completions.create(**request)]
        assert chunks[-1].usage.completion_tokens == 20

    async def together():
        async with AsyncOpenAI(**options(target)) as asynchronous:
            await asyncio.gather(*[one(asynchronous) for _ in range(STREAMS)])

    asyncio.run(together())


@CHECKS.check("TLS, certificate trusted")
def tls(target):
    trust = ssl.create_default_context(cafile=target["caFile"])
    http_client = DefaultHttpxClient(verify=trust)
    completions = OpenAI(**options(target, "tlsUrl"), http_client=http_client).completions
    assert completions.create(**text(target)).usage.completion_tokens == 12
    assert len(list(completions.create(**text(target, stream=True)))) >= 3


@CHECKS.check("TLS, HTTP/2")
def http2(target):
    async def one(client):
        stream = await client.completions.create(**text(target, stream=True))
        assert len([chunk async for chunk in stream]) >= 3

    async def together():
        trust = ssl.create_default_context(cafile=target["caFile"])
        http_client = DefaultAsyncHttpxClient(verify=trust, http2=True)
        async with AsyncOpenAI(**options(target, "tlsUrl"), http_client=http_client) as client:
            raw = await client.completions.with_raw_response.create(**text(target))
            assert raw.http_response.http_version == "HTTP/2", raw.http_response.http_version
            async with await client.completions.create(**endless(target), stream=True) as left:
                async for _ in left:
                    break
            await asyncio.gather(*[one(client) for _ in range(HTTP2_STREAMS)])

    asyncio.run(together())
