// Loaded before the application: node --require ./instrumentation.cjs app.cjs
//
// Endpoint, headers, protocol, service.name and resource come from the variables that
// `llmcost telemetry env` prints. Nothing about them stands here.
const { OpenAIInstrumentation } = require("@opentelemetry/instrumentation-openai");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { AttributionProcessor } = require("./attribution.cjs");
const { readOnce } = require("./answers.cjs");
const { CostProcessor } = require("./cost.cjs");
const { LlmSampler } = require("./sampler.cjs");

const MOST_MS = 3000; // that an exit waits for a server that does not answer

const spans = new BatchSpanProcessor(new OTLPTraceExporter());
const sdk = new NodeSDK({
  sampler: new LlmSampler(),
  spanProcessors: [new AttributionProcessor(), new CostProcessor(), spans],
  instrumentations: [new OpenAIInstrumentation({ captureMessageContent: false })],
});
sdk.start();
readOnce();

// What is left is sent before the process ends.
const end = async () => {
  const late = setTimeout(() => process.exit(), MOST_MS);
  await sdk.shutdown().catch((error) => console.error(String(error)));
  clearTimeout(late);
};
process.once("beforeExit", end);
for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]]) {
  process.once(signal, async () => {
    // An application that ends its requests first ends itself.
    if (process.listenerCount(signal)) return spans.forceFlush().catch(() => {});
    process.exitCode = code;
    await end();
    process.exit();
  });
}
