// Records what the Node instrumentation of the OpenAI client sends, as OTLP JSON, a file a scenario.
// record.py starts it with the stand-in's address and the folder to write to.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { OpenAIInstrumentation } from "@opentelemetry/instrumentation-openai";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";

const [address, folder] = process.argv.slice(2);
const memory = new InMemorySpanExporter();
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({
    "service.name": "support-bot",
    "service.version": "1.4.2",
    "deployment.environment.name": "dev",
    team: "support-platform",
  }),
  spanProcessors: [new SimpleSpanProcessor(memory)],
});
provider.register();
registerInstrumentations({ instrumentations: [new OpenAIInstrumentation()] });
// The instrumentation patches the module when it is required.
const OpenAI = createRequire(import.meta.url)("openai");

const asked = [{ role: "user", content: "A short question?" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tools = [{ type: "function", function: { name: "get_weather", parameters } }];

const client = (scenario, more = {}) =>
  new OpenAI({ apiKey: "none", baseURL: `${address}/${scenario}/v1`, maxRetries: 0, ...more });
const chat = (model, more = {}) => (scenario) =>
  client(scenario).chat.completions.create({ model, messages: asked, ...more });
const streamed = (more = {}) => async (scenario) => {
  for await (const _ of await chat("gpt-4o", { stream: true, ...more })(scenario));
};
const refused = (count, more = {}) => async (scenario) => {
  for (let call = 0; call < count; call += 1) {
    await client(scenario, more)
      .chat.completions.create({ model: "gpt-4o", messages: asked })
      .catch(() => {});
  }
};

const scenarios = {
  chat_basic: chat("gpt-4o-mini", { max_tokens: 200, temperature: 0.2 }),
  chat_cached: chat("gpt-4o"),
  chat_reasoning_flex: chat("o3-mini", { service_tier: "flex" }),
  chat_unknown_model: chat("ft:gpt-4o-mini-2024-07-18:acme::AbC123"),
  chat_tools: async (scenario) => {
    const first = await chat("gpt-4o", { tools })(scenario);
    const found = { role: "tool", tool_call_id: "call_1", content: "4 degrees" };
    const messages = [...asked, first.choices[0].message, found];
    await chat("gpt-4o", { tools, messages })(scenario);
  },
  chat_stream: streamed(),
  chat_stream_usage: streamed({ stream_options: { include_usage: true } }),
  chat_stream_abandoned: async (scenario) => {
    for await (const _ of await chat("gpt-4o", { stream: true })(scenario)) break;
  },
  chat_429: refused(6),
  chat_429_sdk_retries: refused(1, { maxRetries: 2 }),
  chat_quota: refused(1),
  chat_500: refused(1),
  chat_timeout: refused(1, { timeout: 500 }),
  embeddings: (scenario) =>
    client(scenario).embeddings.create({
      model: "text-embedding-3-small",
      input: "A short text.",
      encoding_format: "float",
    }),
  responses_api: (scenario) =>
    client(scenario).responses.create({ model: "gpt-4o", input: "A short question?" }),
};

for (const [scenario, run] of Object.entries(scenarios)) {
  await run(scenario);
  await provider.forceFlush();
  const spans = memory.getFinishedSpans();
  memory.reset();
  if (spans.length) {
    const request = Buffer.from(JsonTraceSerializer.serializeRequest(spans));
    writeFileSync(`${folder}/${scenario}.traces.json`, request);
  }
  console.log(`node/${scenario}: ${spans.length}`);
}
