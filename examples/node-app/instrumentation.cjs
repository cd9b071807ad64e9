// Loaded before the application: node --require ./instrumentation.cjs app.cjs
//
// Endpoint, headers, protocol, service.name and resource come from the variables that
// `llmcost telemetry env` prints. Nothing about them stands here.
const { OpenAIInstrumentation } = require("@opentelemetry/instrumentation-openai");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { AttributionProcessor } = require("./attribution.cjs");
const { CostProcessor } = require("./cost.cjs");
const { LlmSampler } = require("./sampler.cjs");

const sdk = new NodeSDK({
  sampler: new LlmSampler(),
  spanProcessors: [
    new AttributionProcessor(),
    new CostProcessor(),
    new BatchSpanProcessor(new OTLPTraceExporter()),
  ],
  instrumentations: [new OpenAIInstrumentation({ captureMessageContent: false })],
});
sdk.start();

// What is left is sent before the process ends.
let ending;
const end = () => (ending ??= sdk.shutdown().catch((error) => console.error(String(error))));
process.once("beforeExit", end);
process.once("SIGTERM", () => end().then(() => process.exit(0)));
