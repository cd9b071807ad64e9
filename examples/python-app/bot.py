"""A support bot without a line about telemetry: `opentelemetry-instrument` sees its calls.

eval "$(llmcost telemetry env --stack dev --service support-bot --team support)"
opentelemetry-instrument python bot.py
"""

from __future__ import annotations

import anthropic
import openai

QUESTION = "The export fails since this morning, and I need the figures at noon."


def summarize(client: openai.OpenAI, text: str) -> str:
    """Return what somebody wants, in a sentence."""
    asked = [{"role": "user", "content": f"Summarize: {text}"}]
    answer = client.chat.completions.create(model="gpt-4o", messages=asked)
    return answer.choices[0].message.content or ""


def classify(client: anthropic.Anthropic, text: str) -> str:
    """Return which queue a question belongs to."""
    asked = [{"role": "user", "content": f"Which queue? {text}"}]
    answer = client.messages.create(model="claude-sonnet-4-5", max_tokens=200, messages=asked)
    said: str = answer.content[0].text
    return said


def embed(client: openai.OpenAI, text: str) -> list[float]:
    """Return where a text stands among others."""
    answer = client.embeddings.create(model="text-embedding-3-small", input=text)
    place: list[float] = answer.data[0].embedding
    return place


def suggest(client: openai.OpenAI, text: str) -> str:
    """Return a suggestion, put together word by word as it comes."""
    asked = [{"role": "user", "content": f"Suggest an answer: {text}"}]
    stream = client.chat.completions.create(model="gpt-4o", messages=asked, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def translate(client: openai.OpenAI, text: str) -> str:
    """Return a translation, or the text itself where the provider refuses."""
    asked = [{"role": "user", "content": f"Translate: {text}"}]
    try:
        answer = client.chat.completions.create(model="gpt-4.1", messages=asked)
    except openai.RateLimitError:
        return text
    return answer.choices[0].message.content or ""


def prioritize(client: anthropic.Anthropic, text: str) -> str:
    """Return how urgent a question is; what nobody can say is urgent."""
    asked = [{"role": "user", "content": f"How urgent? {text}"}]
    try:
        answer = client.messages.create(model="claude-opus-4-1", max_tokens=10, messages=asked)
    except anthropic.APIStatusError:
        return "urgent"
    said: str = answer.content[0].text
    return said


def main() -> None:
    """Answer one question."""
    ours, theirs = openai.OpenAI(max_retries=0), anthropic.Anthropic(max_retries=0)
    print(summarize(ours, QUESTION))
    print(classify(theirs, QUESTION))
    print(len(embed(ours, QUESTION)))
    print(suggest(ours, QUESTION))
    print(translate(ours, QUESTION))
    print(prioritize(theirs, QUESTION))


if __name__ == "__main__":
    main()
