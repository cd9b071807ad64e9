// Whose spend calls are: said once around some code, and on every span that starts inside.
//
// Not baggage: that travels in a header to every host that is called, providers included.
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHmac } = require("node:crypto");

const store = new AsyncLocalStorage();
const HASHED = /^[0-9a-f]{32,128}$/;
let toldOfKey = false;

// The id under which the pipeline stores a person: the same in every language.
function pseudonym(person, secret = process.env.LLMCOST_HASH_KEY) {
  const key = secret?.replace(/[\r\n]+$/, ""); // of a file: with it everybody would be somebody else
  const text = [...String(person).trim()].slice(0, 200).join(""); // characters, not halves of them
  if (HASHED.test(text)) return text;
  if (text && !key && !toldOfKey) {
    toldOfKey = true;
    console.warn("llmcost: ids are not sent, they leave hashed only: set LLMCOST_HASH_KEY");
  }
  if (!text || !key) return undefined; // nobody leaves unhashed
  return createHmac("sha256", key).update(text).digest("hex").slice(0, 32);
}

// On one line, and as long as the pipeline keeps it.
const line = (value) =>
  [...String(value).replace(/[\s\x00-\x1f\x7f-\x9f]+/g, " ").trim()].slice(0, 200).join("");

// Attribute → value of what was told; nothing that an application passes raises.
function said(told, make) {
  const named = {};
  for (const [name, value] of Object.entries(told)) {
    try {
      const text = value == null ? "" : make(value);
      if (text) named[name] = text;
    } catch {} // no text: it is not attributed
  }
  return named;
}

// Run a function, asynchronous or not; what is left out stays as it is outside.
function attribute(told, run) {
  const { feature, team, user, conversation, prompt } = told ?? {};
  const things = said({ feature, team, "prompt.name": prompt }, line);
  const people = said({ "user.id": user, "gen_ai.conversation.id": conversation }, pseudonym);
  return store.run({ ...store.getStore(), ...things, ...people }, run);
}

// Puts on each span what holds where it starts.
class AttributionProcessor {
  onStart(span) {
    // What a span says of itself stays.
    span.setAttributes({ ...store.getStore(), ...span.attributes });
  }
  onEnd() {}
  async forceFlush() {}
  async shutdown() {}
}

module.exports = { AttributionProcessor, attribute, pseudonym };
