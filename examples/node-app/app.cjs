// A bot that calls a model for two features. Nothing here knows of OpenTelemetry but `attribute`.
const OpenAI = require("openai");
const { attribute } = require("./attribution.cjs");

const messages = [{ role: "user", content: "Tell me about fjords." }];

async function summarize(client) {
  const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages });
  return answer.choices[0].message.content;
}

// Without include_usage a stream says nothing of its tokens, and its cost is unknown.
async function story(client) {
  const asked = { model: "gpt-4o", messages, stream: true, stream_options: { include_usage: true } };
  let text = "";
  for await (const chunk of await client.chat.completions.create(asked)) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

async function translate(client) {
  return client.chat.completions
    .create({ model: "gpt-4.1", messages })
    .catch((error) => `refused: ${error.status}`);
}

async function main() {
  const client = new OpenAI({ maxRetries: 0 });
  await attribute({ user: "ann@example.com", team: "content" }, async () => {
    console.log(await attribute({ feature: "summarize" }, () => summarize(client)));
    console.log(await attribute({ feature: "story" }, () => story(client)));
    console.log(await attribute({ feature: "translate" }, () => translate(client)));
  });
}

main();
