"""The same bot, which says whose its calls are: `configure` once, `attribute` where features are.

eval "$(llmcost telemetry env --stack dev)"
export LLMCOST_HASH_KEY="$(pulumi config get llmcost:hash_key --stack dev)"
python bot_with_helper.py
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import anthropic
import bot
import openai

from llmcost_infra.telemetry import attribute, configure, track

configure(service="support-bot", team="support")

summarize = attribute(feature="summarize")(bot.summarize)
classify = attribute(feature="classify")(bot.classify)
embed = attribute(feature="search")(bot.embed)
suggest = attribute(feature="suggest", prompt="suggest-v2")(bot.suggest)


def main() -> None:
    """Answer one question, two parts of it at the same time."""
    ours, theirs = track(openai.OpenAI(max_retries=0)), track(anthropic.Anthropic(max_retries=0))
    with attribute(user="ann@example.com", conversation="ticket-4711"):
        with ThreadPoolExecutor() as pool:
            summary = pool.submit(summarize, ours, bot.QUESTION)
            queue = pool.submit(classify, theirs, bot.QUESTION)
        print(summary.result(), queue.result())
        print(len(embed(ours, bot.QUESTION)))
        print(suggest(ours, bot.QUESTION))
        # Of no feature: it counts as unknown until somebody says.
        print(bot.translate(ours, bot.QUESTION))


if __name__ == "__main__":
    main()
